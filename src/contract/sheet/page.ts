/** A sheet as its two renderings see it: plain text and commands; each rendering escapes them. */

export interface Sheet {
  readonly title: string;
  readonly lead: readonly string[];
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  readonly text?: string;
  readonly rows?: readonly Row[];
  readonly list?: readonly string[];
  readonly steps?: readonly Step[];
}

/** What is known; nothing where a person writes it on the paper. */
export type Row = readonly [label: string, value: string | undefined];

/** One step of a restore by hand. A number in its title is the vendor's instruction. */
export interface Step {
  readonly title: string;
  readonly actions: readonly Action[];
}

/** Something to do and to tick off. */
export interface Action {
  readonly say: string;
  /** Bash, to be run as it stands. */
  readonly run?: string;
}
