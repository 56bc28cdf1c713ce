// Handover of the command of the station, in the crew table of a mission.

import { element } from "./dom.js";
import { field, picker } from "./forms.js";

/** Crew after `person` takes the command: the roles that the person and the commander have end on `day`. */
export function transferCommand(crew, person, day) {
  const holdsRole = (member) => member.to_on === null && (member.from_on ?? "") <= day;
  const ended = crew.map((member) => {
    const isAffected = member.role === "commander" || member.person === person;
    return isAffected && holdsRole(member) ? { ...member, to_on: day } : member;
  });
  const former = crew.find((member) => member.person === person);
  return [...ended, {
    person, role: "commander", from_on: day, to_on: null, arrived_with: former?.arrived_with ?? null,
  }];
}

/** Controls of a handover, which changes the rows of `findRows()`; the crew has its own button to save. */
export function commandTransfer(desk, findRows) {
  const person = picker({ type: "person", free: true });
  const day = element("input", { type: "date" });
  const apply = () => {
    if (!person.value || !day.value) {
      (person.value ? day : person.input).focus();
      return;
    }
    const rows = findRows();
    rows.replace(transferCommand(rows.read(), person.value, day.value));
    person.value = person.input.value = day.value = "";
    desk.announce(desk.text("facts.handed_over"));
  };
  return element("fieldset", { class: "handover" },
    element("legend", {}, desk.text("facts.handover")),
    element("div", { class: "fields" },
      field({ label: desk.text("facts.new_commander"), pointer: null, control: person }),
      field({ label: desk.text("facts.handover_day"), pointer: null, control: day })),
    element("p", { class: "actions" },
      element("button", { type: "button", onclick: apply }, desk.text("facts.hand_over"))));
}
