export { type AdminChange, type Control, Refused } from "./control.js";
export { type ControlLog, type ControlOptions, type ControlServer, openControl } from "./server.js";
