/**
 * How Taquilla's processes run; `taquilla` says the same. New objects may take 48 MB before they are collected, where Node
 * allows itself 128: without, a process took 577 MB over a stadium, of the 400 MB that it may have.
 */
export const nodeFlags = ['--max-semi-space-size=16'];
