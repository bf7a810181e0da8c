/** Whether the page is used with a finger: no dropping, no pasting, no hovering. */
export const touch = matchMedia("(hover: none), (pointer: coarse)").matches;
