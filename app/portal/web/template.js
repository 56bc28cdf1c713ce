// Template engine for the subset of Jinja that the templates use. Every value is escaped.
// The server renders the same templates with Jinja; a test compares both results.

const TAG = /\{\{(.+?)\}\}|\{%(.+?)%\}/g;
const TOKEN = /\s*(?:([A-Za-z_]\w*)|'([^']*)'|(\d+)|(==|!=|[.,|=()[\]]))/y;
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

/** HTML that is not escaped, created by the filter `safe`. */
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
    throw new TypeError(`undefined name in a template: ${key}`);
  }
  return object[key];
};

const FILTERS = {
  safe: (html) => new Safe(html),
  length: (list) => list.length,
  reverse: (list) => [...list].reverse(),
  join: (list, between) => list.join(between),
};

/** Compile an expression to a function of the template's names. */
function expression(source, filters) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (const end = source.trimEnd().length; TOKEN.lastIndex < end;) {
    const match = TOKEN.exec(source);
    if (!match) throw new SyntaxError(`invalid expression in a template: ${source}`);
    const [, name, text, number, sign] = match;
    tokens.push({ name, text, number, sign });
  }
  const accept = (sign) => (tokens[0]?.sign === sign || tokens[0]?.name === sign) && tokens.shift();

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
    while (!accept(end)) {
      items.push(comparison());
      accept(",");
    }
    return (names) => items.map((item) => item(names));
  }

  // Named arguments are passed as one object after the others.
  function args() {
    const plain = [];
    const named = [];
    while (!accept(")")) {
      if (tokens[1]?.sign === "=") {
        const { name } = tokens.shift();
        tokens.shift();
        named.push([name, comparison()]);
      } else {
        plain.push(comparison());
      }
      accept(",");
    }
    return (names) => {
      const values = plain.map((value) => value(names));
      if (named.length) values.push(Object.fromEntries(named.map(([n, v]) => [n, v(names)])));
      return values;
    };
  }

  function filtered() {
    let value = primary();
    for (;;) {
      const before = value;
      if (accept(".")) {
        const { name } = tokens.shift();
        value = (names) => member(before(names), name);
      } else if (accept("[")) {
        const key = comparison();
        accept("]");
        value = (names) => member(before(names), key(names));
      } else if (accept("(")) {
        const callArgs = args();
        value = (names) => before(names)(...callArgs(names));
      } else if (accept("|")) {
        const filter = member(filters, tokens.shift().name);
        const filterArgs = accept("(") ? args() : () => [];
        value = (names) => filter(before(names), ...filterArgs(names));
      } else {
        return value;
      }
    }
  }

  function comparison() {
    const left = filtered();
    if (accept("==")) {
      const right = filtered();
      return (names) => left(names) === right(names);
    }
    if (accept("!=")) {
      const right = filtered();
      return (names) => left(names) !== right(names);
    }
    return left;
  }

  function negation() {
    if (!accept("not")) return comparison();
    const value = negation();
    return (names) => !truthy(value(names));
  }

  function conjunction() {
    const left = negation();
    if (!accept("and")) return left;
    const right = conjunction();
    return (names) => {
      const first = left(names);
      return truthy(first) ? right(names) : first;
    };
  }

  function disjunction() {
    const left = conjunction();
    if (!accept("or")) return left;
    const right = disjunction();
    return (names) => {
      const first = left(names);
      return truthy(first) ? first : right(names);
    };
  }

  return disjunction();
}

/** Return a function that renders a template by its name. */
export function templates(sources, ownFilters) {
  const filters = { ...FILTERS, ...ownFilters };
  const compiled = new Map();

  const template = (name) => {
    if (!compiled.has(name)) compiled.set(name, compile(member(sources, name)));
    return compiled.get(name);
  };

  function compile(source) {
    // As in Jinja with trim_blocks and lstrip_blocks, a line with only a tag produces no output.
    const lines = source.replace(/(^[ \t]*)?(\{%.+?%\})\n?/gm, "$2");
    const pieces = [];
    let at = 0;
    for (const match of lines.matchAll(TAG)) {
      pieces.push({ text: lines.slice(at, match.index) }, { value: match[1], tag: match[2]?.trim() });
      at = match.index + match[0].length;
    }
    pieces.push({ text: lines.slice(at) });
    return block(pieces);
  }

  /** Compile the pieces up to the tag that ends the block; the caller consumes that tag. */
  function block(pieces) {
    const parts = [];
    while (pieces.length && !/^(el|end)/.test(pieces[0].tag ?? "")) parts.push(part(pieces));
    return (names) => parts.map((fill) => fill(names)).join("");
  }

  function part(pieces) {
    const { text, value, tag } = pieces.shift();
    if (text !== undefined) return () => text;
    if (value !== undefined) {
      const evaluate = expression(value, filters);
      return (names) => escape(evaluate(names));
    }
    const [, word, rest] = /^(\w+)\s*(.*)$/s.exec(tag);
    return { if: condition, for: loop, set: assignment, include: inclusion }[word](rest, pieces);
  }

  function condition(test, pieces) {
    const evaluate = expression(test, filters);
    const then = block(pieces);
    const { tag } = pieces.shift();
    const otherwise = tag.startsWith("elif") ? condition(tag.slice(4), pieces)
      : tag === "else" ? ending(block(pieces), pieces) : () => "";
    return (names) => (truthy(evaluate(names)) ? then(names) : otherwise(names));
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
