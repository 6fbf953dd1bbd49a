// Chosen values as the filter that the server understands: values of one key are alternatives, keys are all required.

function condition(key, values) {
  const listed = values.every((value) => typeof value === 'string') || values.every(whole);
  if (values.length === 1) return { key, match: { value: values[0] } };
  if (listed) return { key, match: { any: values } };
  // `any` takes texts or whole numbers only.
  return { should: values.map((value) => ({ key, match: { value } })) };
}

const whole = (value) => typeof value === 'bigint' || Number.isSafeInteger(value);

/** The filter of `filters` ({key: [values]}), without one key where counts of that key's own values are asked for. */
export function filterOf(filters, without) {
  const must = Object.entries(filters)
    .filter(([key, values]) => key !== without && values.length)
    .map(([key, values]) => condition(key, values));
  return must.length ? { must } : undefined;
}

export const sameValue = (a, b) => typeof a === typeof b && a === b;

/** `filters` with the value added, or taken out where it was in. */
export function toggled(filters, key, value) {
  const before = filters[key] ?? [];
  const after = before.some((one) => sameValue(one, value)) ? before.filter((one) => !sameValue(one, value)) : [...before, value];
  const { [key]: _, ...others } = filters;
  return after.length ? { ...others, [key]: after } : others;
}
