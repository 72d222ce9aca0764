/** Every workflow type of the worker; nothing else may be exported here. */
export { backup } from './backup';
export { claim } from './frame/claim';
export { cleanUpBuilds } from './clean-up-builds';
export { drill } from './drill';
export { prune } from './prune';
export { refreshSpare } from './refresh-spare';
export { restore } from './restore';
export { tell } from './frame/telling';
