// Fills the templates: the part of Jinja's language that they are written in, escaping every value.
// The server fills the same ones with Jinja itself; a test compares what comes out.

const TAG = /\{\{(.+?)\}\}|\{%(.+?)%\}/g;
const TOKEN = /\s*(?:([A-Za-z_]\w*)|'([^']*)'|(\d+)|(==|!=|[.,|=()[\]]))/y;
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

/** HTML that is to be shown as it is, which the filter `safe` makes of a text. */
class Safe {
  constructor(html) { this.html = html; }
}

const escape = (value) =>
  value instanceof Safe ? value.html
    : value === null || value === undefined ? ""
    : String(value).replace(/[&<>"']/g, (sign) => ENTITIES[sign]);

const truthy = (value) => (Array.isArray(value) ? value.length > 0 : Boolean(value));

const member = (object, key) => {
  if (object === null || object === undefined || !(key in Object(object))) {
    throw new TypeError(`a template asks for ${key}, which is not there`);
  }
  return object[key];
};

const FILTERS = {
  safe: (html) => new Safe(html),
  length: (list) => list.length,
  reverse: (list) => [...list].reverse(),
  join: (list, between) => list.join(between),
};

/** An expression as a function of the names it may use. */
function expression(source, filters) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (const end = source.trimEnd().length; TOKEN.lastIndex < end;) {
    const found = TOKEN.exec(source);
    if (!found) throw new SyntaxError(`a template says ${source}`);
    const [, name, text, number, sign] = found;
    tokens.push({ name, text, number, sign });
  }
  const takes = (sign) => (tokens[0]?.sign === sign || tokens[0]?.name === sign) && tokens.shift();

  function primary() {
    const { name, text, number, sign } = tokens.shift();
    if (text !== undefined) return () => text;
    if (number !== undefined) return () => Number(number);
    if (sign === "[") return list("]");
    if (name === "none") return () => null;
    return (names) => member(names, name);
  }

  function list(end) {
    const items = [];
    while (!takes(end)) {
      items.push(comparison());
      takes(",");
    }
    return (names) => items.map((item) => item(names));
  }

  // Named arguments arrive as one object behind the others.
  function args() {
    const plain = [];
    const named = [];
    while (!takes(")")) {
      if (tokens[1]?.sign === "=") {
        const { name } = tokens.shift();
        tokens.shift();
        named.push([name, comparison()]);
      } else {
        plain.push(comparison());
      }
      takes(",");
    }
    return (names) => {
      const given = plain.map((value) => value(names));
      if (named.length) given.push(Object.fromEntries(named.map(([n, v]) => [n, v(names)])));
      return given;
    };
  }

  function filtered() {
    let value = primary();
    for (;;) {
      const before = value;
      if (takes(".")) {
        const { name } = tokens.shift();
        value = (names) => member(before(names), name);
      } else if (takes("[")) {
        const key = comparison();
        takes("]");
        value = (names) => member(before(names), key(names));
      } else if (takes("(")) {
        const given = args();
        value = (names) => before(names)(...given(names));
      } else if (takes("|")) {
        const filter = member(filters, tokens.shift().name);
        const given = takes("(") ? args() : () => [];
        value = (names) => filter(before(names), ...given(names));
      } else {
        return value;
      }
    }
  }

  function comparison() {
    const left = filtered();
    if (takes("==")) {
      const right = filtered();
      return (names) => left(names) === right(names);
    }
    if (takes("!=")) {
      const right = filtered();
      return (names) => left(names) !== right(names);
    }
    return left;
  }

  function negation() {
    if (!takes("not")) return comparison();
    const value = negation();
    return (names) => !truthy(value(names));
  }

  function conjunction() {
    const left = negation();
    if (!takes("and")) return left;
    const right = conjunction();
    return (names) => {
      const first = left(names);
      return truthy(first) ? right(names) : first;
    };
  }

  return conjunction();
}

/** Functions that fill the templates, by the names of these. */
export function templates(sources, ownFilters) {
  const filters = { ...FILTERS, ...ownFilters };
  const filled = new Map();

  const template = (name) => {
    if (!filled.has(name)) filled.set(name, compile(member(sources, name)));
    return filled.get(name);
  };

  function compile(source) {
    // As Jinja does it: a line that holds a tag alone leaves nothing behind.
    const lines = source.replace(/(^[ \t]*)?(\{%.+?%\})\n?/gm, "$2");
    const pieces = [];
    let at = 0;
    for (const found of lines.matchAll(TAG)) {
      pieces.push({ text: lines.slice(at, found.index) }, { value: found[1], tag: found[2]?.trim() });
      at = found.index + found[0].length;
    }
    pieces.push({ text: lines.slice(at) });
    return block(pieces);
  }

  /** The pieces up to a tag that ends the block, which is left for whoever began it. */
  function block(pieces) {
    const parts = [];
    while (pieces.length && !/^(el|end)/.test(pieces[0].tag ?? "")) parts.push(part(pieces));
    return (names) => parts.map((fill) => fill(names)).join("");
  }

  function part(pieces) {
    const { text, value, tag } = pieces.shift();
    if (text !== undefined) return () => text;
    if (value !== undefined) {
      const shown = expression(value, filters);
      return (names) => escape(shown(names));
    }
    const [, word, rest] = /^(\w+)\s*(.*)$/s.exec(tag);
    return { if: condition, for: loop, set: assignment, include: inclusion }[word](rest, pieces);
  }

  function condition(test, pieces) {
    const holds = expression(test, filters);
    const then = block(pieces);
    const { tag } = pieces.shift();
    const otherwise = tag.startsWith("elif") ? condition(tag.slice(4), pieces)
      : tag === "else" ? ending(block(pieces), pieces) : () => "";
    return (names) => (truthy(holds(names)) ? then(names) : otherwise(names));
  }

  function loop(header, pieces) {
    const [, name, source] = /^(\w+) in (.+)$/s.exec(header);
    const list = expression(source, filters);
    const body = ending(block(pieces), pieces);
    return (names) => [...list(names)]
      .map((item, index) => body(within(names, { [name]: item, loop: { index0: index } })))
      .join("");
  }

  function ending(body, pieces) {
    pieces.shift();
    return body;
  }

  function assignment(source) {
    const [, name, of] = /^(\w+)\s*=\s*(.+)$/s.exec(source);
    const value = expression(of, filters);
    return (names) => {
      names[name] = value(names);
      return "";
    };
  }

  function inclusion(name) {
    const file = name.slice(1, -1);
    return (names) => template(file)(within(names, {}));
  }

  return (name, names) => template(`${name}.html`)(within(names, {}));
}

const within = (names, more) => Object.assign(Object.create(names), more);
