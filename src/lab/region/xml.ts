/** Writes EC2's XML: an object is its elements, an array a list of `item`. */

/** What can stand in a reply; `undefined` is left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | undefined
  | readonly XmlValue[]
  | { readonly [element: string]: XmlValue };

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // A parser turns a bare carriage return into a newline.
  '\r': '&#xD;',
};

function escape(text: string): string {
  return text.replace(/[&<>"\r]/g, (character) => escapes[character] ?? character);
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

/** Renders the value; an object's keys are the element names. */
export function toXml(value: XmlValue): string {
  if (value === undefined) {
    return '';
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (isList(value)) {
    return value.map((item) => `<item>${toXml(item)}</item>`).join('');
  }
  if (typeof value === 'object') {
    return Object.entries(value)
      .filter(([, child]) => child !== undefined)
      .map(([element, child]) => `<${element}>${toXml(child)}</${element}>`)
      .join('');
  }
  return escape(String(value));
}
