/** A column of a table: its title, and what it shows of a row. */
export interface Column<Row> {
  title: string;
  text: (row: Row) => string;
  href?: (row: Row) => string;
  numeric?: boolean;
}
