export { type ConnectionFilter, type Control, Refused } from "./control.js";
export { type ControlServer, openControl } from "./server.js";
