/** What one look at a tracked thing says. */
export interface Sample {
  readonly ok: boolean;
  readonly because: string;
}
