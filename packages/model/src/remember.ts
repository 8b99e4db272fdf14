/**
 * The function with a memory: what it makes of an object it makes once, and keeps for as long as the object is there. For
 * objects that nobody changes, as the states and the rules of the machines, most of which are the same from step to step.
 */
export function remember<Of extends object, Made>(make: (of: Of) => Made): (of: Of) => Made {
  const made = new WeakMap<Of, Made>();
  return (of) => {
    const known = made.get(of);
    if (known !== undefined || made.has(of)) return known as Made;
    const fresh = make(of);
    made.set(of, fresh);
    return fresh;
  };
}
