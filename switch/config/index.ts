// The settings of the process, and the reading of YAML files with faults that name their line.

export { listenError } from './listen-error.js';
export { loadSettings, parseSettings } from './load.js';
export { DEFAULT_SETTINGS_TEXT, type Settings, type SmppListenerSettings } from './settings.js';
export { faultsError, formatPath, YamlFile, type FieldPath, type FileFault } from './yaml-file.js';
