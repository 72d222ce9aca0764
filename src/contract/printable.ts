/** Text from outside, made safe to look at; every layer may ask for it here. */
export { isPrintable, printable, printableJson, visible } from '../machine/text/printable';
