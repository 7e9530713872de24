// Turns what goes wrong unexpectedly into an error that says where: without this it would be a crash without words.
export function reported(functions) {
  const wrap = (call) => (...args) => {
    try {
      return call(...args);
    } catch (error) {
      // What the host or the plugin says on purpose has a code.
      const known = error?.payload ?? error;
      if (known?.code !== undefined) throw known;
      const place = String(error?.stack ?? "").split("\n")[0];
      throw { code: "unexpected", message: `${error} (${place})`, pointer: undefined };
    }
  };
  return Object.fromEntries(Object.entries(functions).map(([name, call]) => [name, wrap(call)]));
}
