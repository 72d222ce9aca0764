/** Where a security group lets packets out. */

/** Networks that are everywhere: every new group of EC2 lets packets out to the first of them. */
const everywhere = ['0.0.0.0/0', '::/0'];

/** Whether the group keeps nothing in. */
export function letsOutEverywhere({ egress }: { readonly egress: readonly string[] }): boolean {
  return egress.some((to) => everywhere.includes(to));
}
