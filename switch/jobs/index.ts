// Work that nobody asks for and that must happen nevertheless.

export { DailyJobs, retentionJob } from './daily-jobs.js';
