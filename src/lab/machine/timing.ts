/** How long things take on a simulated machine, in simulated seconds. */
export const seconds = {
  /** From power-on until cloud-init obeys the user data. */
  bootToUserData: 10,
  /** From power-on until Docker starts the units. */
  bootToUnits: 30,
  /** From power-on until cloud-init has printed the host keys. */
  bootToConsoleKeys: 35,
  /** From power-on until sshd answers. */
  bootToSsh: 40,
  /** From a start of the daemon until its socket answers. */
  daemonToAnswer: 5,
  /** From a start of the daemon until `system status` is ready. */
  daemonToReady: 20,
  /** From a boot's start of the daemon until it starts an app that should run. */
  daemonToApp: 80,
  stopApp: 90,
  forceStopApp: 15,
  startApp: 180,
  /** Until a start that cannot work is given up. */
  failStart: 40,
  /** Until the dev-console's REPL has loaded. */
  loadDevConsole: 20,
} as const;
