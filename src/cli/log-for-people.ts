/** Settings of the log of a command that people run in a terminal, unless the environment has others. */
export const LOG_FOR_PEOPLE = { LOG_LEVEL: 'warn', LOG_FORMAT: 'pretty' };
