/** What somebody of the seller noted about a sale. */
export type SaleNote = { noteId: string; at: Date; authorName: string; text: string };
