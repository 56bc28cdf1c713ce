// Geometry of the station's diagram: what `/v1/station` returns, as shapes of a schematic side view.
// `station_diagram.py` computes the same shapes for the server, with comments.

const SHIP_LENGTH = 64;
const SHIP_HALF_WIDTH = 26;
const SHIP_GAP = 36;
const SMALL_BOX_WIDTH = 46;
const LETTER_WIDTH = 7;
const SMALL_LETTER_WIDTH = 6;
const FREE_PORT_DISTANCE = 7;
const MAX_LINE_LETTERS = 10;
const MAX_LINES = 3;
const LINE_HEIGHT = 14;

const DIRECTIONS = { // dx, dy, angle in degrees
  forward: [1, 0, 0], aft: [-1, 0, 180], zenith: [0, -1, -90], nadir: [0, 1, 90],
  port: [-1, 0, 180], starboard: [-1, 0, 180],
};

const half = (n) => Math.floor(n / 2);
const center = ([x, y, width, height]) => [x + half(width), y + half(height)];
const named = ([x, y, width, height]) => ({ x, y, width, height });

function edge(box, direction) {
  const [x, y, width, height] = box;
  const [middleX, middleY] = center(box);
  return {
    forward: [x + width, middleY], aft: [x, middleY], zenith: [middleX, y],
    nadir: [middleX, y + height], port: [x, y], starboard: [x, y + height],
  }[direction];
}

function cut(text, letters) {
  const all = Array.from(text);
  return all.length <= letters ? text : `${all.slice(0, letters - 1).join("")}…`;
}

function wrap(name) {
  let lines = [""];
  for (const word of name.split(" ")) {
    const line = lines.at(-1);
    if (line && Array.from(line).length + 1 + Array.from(word).length > MAX_LINE_LETTERS) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  if (lines.length > MAX_LINES) {
    lines = [...lines.slice(0, MAX_LINES - 1), lines.slice(MAX_LINES - 1).join(" ")];
  }
  return lines.map((line) => cut(line, MAX_LINE_LETTERS));
}

function placeLines(lines, x, y, dx, dy) {
  const top = dy < 0 ? y - SHIP_LENGTH - 6 - LINE_HEIGHT * (lines.length - 1)
    : dy > 0 ? y + SHIP_LENGTH + LINE_HEIGHT : y + SHIP_HALF_WIDTH + LINE_HEIGHT;
  return lines.map((text, n) => ({ text, x: x + half(dx * SHIP_LENGTH), y: top + n * LINE_HEIGHT }));
}

/** Whether a state that ends at `until` is over at the end of the day of `station`. */
export const isOver = (until, { at }) =>
  until !== null && Date.parse(until) <= (at ? Date.parse(at) : Date.now());

/** Return the shapes of a station at the end of its day; `places` is `places.json`. */
export function drawStation(station, places, lang) {
  const nameOfPlace = (item) => (item.port ?? item.attached_to)?.slug ?? "";
  const placeOf = (item) => places.modules[item.module.slug]?.[nameOfPlace(item)];

  const hasLeft = (item) => isOver(item.detached_at, station);
  const attached = new Map([...station.modules]
    .sort((a, b) => hasLeft(b) - hasLeft(a))
    .filter(placeOf)
    .map((item) => [item.module.slug, item]));
  const boxes = new Map([...attached].map(([slug, item]) => [slug, placeOf(item)]));
  const items = [...attached.values()];
  const present = items.filter((item) => !hasLeft(item));

  function findPort({ slug, direction, module }, occupants) {
    const adapter = places.adapters[slug];
    const occupant = occupants.find((item) =>
      nameOfPlace(item) === (item.module.slug === adapter ? module.slug : slug));
    if (occupant) return [...edge(placeOf(occupant), direction), DIRECTIONS[direction]];
    if (!boxes.has(module.slug)) return null;
    if (slug in places.ports) {
      const [x, y, side] = places.ports[slug];
      return [x, y, DIRECTIONS[side]];
    }
    return [...edge(boxes.get(module.slug), direction), DIRECTIONS[direction]];
  }

  const link = ({ module, attached_to: other }) => {
    const pair = [boxes.get(module.slug), boxes.get(other.slug)];
    const [[x1, y1], [x2, y2]] = pair.map(center);
    const left = Math.max(...pair.map(([x]) => x));
    const right = Math.min(...pair.map(([x, , width]) => x + width));
    const x = half(left + right);
    return left < right ? { x1: x, y1, x2: x, y2 } : { x1, y1, x2, y2 };
  };

  const moduleShape = (item) => {
    const { module: { slug, name }, kind } = item;
    const box = boxes.get(slug);
    const isSmall = box[2] < SMALL_BOX_WIDTH;
    const letters = Math.floor((box[2] - 2) / (isSmall ? SMALL_LETTER_WIDTH : LETTER_WIDTH));
    const [x, y] = center(box);
    return {
      slug, name, kind, ...named(box),
      label: cut(places.labels[slug]?.[lang] ?? name, letters),
      label_x: x, label_y: y + 4, size: isSmall ? "small" : "large",
      has_left: hasLeft(item),
    };
  };

  const portShapes = (port) => {
    const point = findPort(port, present);
    if (!point) return [];
    const [x, y, [dx, dy]] = point;
    return [{
      slug: port.slug, name: port.name, x: x + dx * FREE_PORT_DISTANCE, y: y + dy * FREE_PORT_DISTANCE,
    }];
  };

  const atPort = new Map();
  const shipShapes = ([stay, isGone]) => {
    const { port, launch, spacecraft: { name, kind } } = stay;
    const point = findPort(port, items);
    if (!point) return [];
    const [portX, portY, [dx, dy, angle]] = point;
    const distance = (atPort.get(port.slug) ?? 0) * (SHIP_LENGTH + SHIP_GAP);
    atPort.set(port.slug, (atPort.get(port.slug) ?? 0) + 1);
    const [x, y] = [portX + dx * distance, portY + dy * distance];
    return [{
      slug: launch.slug, name, kind, port: port.slug, port_name: port.name, x, y, angle,
      has_left: isGone, lines: placeLines(wrap(name), x, y, dx, dy),
    }];
  };
  const ships = (station.ships ?? []).map((stay) => [stay, isOver(stay.departed_at, station)])
    .sort((a, b) => a[1] - b[1]);

  return {
    view: places.view.join(" "),
    links: present.filter((item) => boxes.has(item.attached_to?.slug)).map(link),
    wings: items.flatMap((item) => places.wings[item.module.slug]?.[nameOfPlace(item)] ?? []).map(named),
    modules: items.map(moduleShape),
    ports: (station.free_ports ?? []).flatMap(portShapes),
    ships: ships.flatMap(shipShapes),
  };
}
