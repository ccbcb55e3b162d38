import type { Cell } from "../../app/csv.ts";
import type { MadeModel } from "../../hub/made_models.ts";

/** The models that a recipe made, as a table, first its header. */
export function tableOf(models: readonly MadeModel[]): Cell[][] {
  const rows = models.map(({ name, run, finished, row }): Cell[] => [
    name,
    run,
    finished,
    row?.mean?.value,
    row?.rank?.place,
    row?.uplift,
  ]);
  return [["model", "run", "made", "mean", "rank", "uplift"], ...rows];
}
