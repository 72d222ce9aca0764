/** The value of an item that Replicated printed; its templates say so where there is none. */
export function valueOf(printed: string): string | undefined {
  const value = printed.trim();
  return value === '' || value === '<no value>' || value === '<nil>' ? undefined : value;
}
