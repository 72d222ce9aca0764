/** What an answer of Temporal's says that keeps a client or a worker from working, by its gRPC code. */

/** Where it was asked; `namespace` only where one was named. */
export interface Asked {
  readonly address: string;
  readonly namespace: string | undefined;
}

export interface Fault {
  /** Whether it may go by itself. */
  readonly passes: boolean;
  /** What it is, and what to do. */
  readonly text: string;
}

/** The fault of the connection, the login or the namespace; undefined for any other error. */
export function faultOf(error: unknown, { address, namespace }: Asked): Fault | undefined {
  const { code, message } = grpcOf(error) ?? {};
  const said = (message ?? '').slice(0, 300);
  const isUnknown = error instanceof Error && error.name === 'NamespaceNotFoundError';
  const at = namespace === undefined ? address : `${address}, namespace ${namespace}`;
  if (isUnknown || (code === 5 && /namespace/i.test(said))) {
    const text =
      `Temporal at ${address} has no namespace "${namespace ?? 'default'}". Name yours with TEMPORAL_NAMESPACE, or ` +
      `make it: temporal operator namespace create --namespace ${namespace ?? 'default'}`;
    return { passes: false, text };
  }
  if (code === 7) {
    return { passes: false, text: `Temporal at ${at} does not permit it to this login: ${said}` };
  }
  if (code === 16) {
    const text = `Temporal at ${at} does not know this login (API key or client certificate): ${said}`;
    return { passes: false, text };
  }
  if (code === 14 || code === 4) {
    return { passes: true, text: `Temporal at ${address} does not answer: ${said}` };
  }
  return undefined;
}

/** The gRPC status of a failed call; undefined for any other error. */
export function grpcCodeOf(error: unknown): number | undefined {
  return grpcOf(error)?.code;
}

/** The gRPC error itself, or what a Temporal error wraps. */
function grpcOf(error: unknown): { readonly code: number; readonly message?: string } | undefined {
  for (
    let one = error, depth = 0;
    typeof one === 'object' && one !== null && depth < 5;
    depth += 1
  ) {
    const { code, message, cause } = one as { code?: unknown; message?: string; cause?: unknown };
    if (typeof code === 'number') return message === undefined ? { code } : { code, message };
    one = cause;
  }
  return undefined;
}
