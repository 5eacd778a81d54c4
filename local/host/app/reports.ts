/** The file descriptor on which an app's process tells what blocks it; the host opens it. */
export const reportsDescriptor = 4;
