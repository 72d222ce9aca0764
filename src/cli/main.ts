#!/usr/bin/env node
/** The program `runbook`. */
import { processTerminal } from './output';
import { runCommandLine } from './program';

void runCommandLine(process.argv.slice(2), processTerminal()).then((status) => {
  process.exitCode = status;
});
