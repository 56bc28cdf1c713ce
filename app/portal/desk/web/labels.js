// Labels of fields and of values of enumerations.

const DERIVED_SUFFIXES = ["precision", "uncertain", "ru"];

const suffixOf = (name) => DERIVED_SUFFIXES.find((suffix) => name.endsWith(`_${suffix}`));

/** Whether a field belongs to another one, as its precision. */
export const isDerived = (name) => suffixOf(name) !== undefined;

/** Label of a field; those of precisions, uncertainties and Russian texts are made from their field's. */
export function fieldLabel(desk, name) {
  const suffix = suffixOf(name);
  if (!suffix) return desk.text(`field.${name}`);
  return desk.text(`field_${suffix}`, { field: fieldLabel(desk, name.slice(0, -suffix.length - 1)) });
}

/** Label of a value of an enumeration; scopes are shown as they are. */
export const valueLabel = (desk, value) =>
  (value === "read" || value.includes(":") ? value : desk.text(`value.${value}`));
