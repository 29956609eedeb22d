//! Aligned columns.

use super::{HEADING, visible};

/// Blanks between two columns.
const GAP: usize = 2;

/// Rows of cells under a heading. Cells may come from anywhere: what could steer a terminal is
/// made visible.
pub(crate) struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heading: &[&str]) -> Self {
        let heading = heading.iter().map(|title| title.to_uppercase()).collect();
        Self {
            heading,
            rows: Vec::new(),
        }
    }

    /// Adds a row; it has as many cells as the heading.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(cells.into_iter().map(|cell| visible(&cell)).collect());
    }

    /// The table as text; each line ends in a line break.
    pub(crate) fn render(&self) -> String {
        let widths = self.widths();
        let mut text = format!("{HEADING}{}{HEADING:#}\n", line(&self.heading, &widths));
        for row in &self.rows {
            text.push_str(&line(row, &widths));
            text.push('\n');
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.heading.len()];
        for row in std::iter::once(&self.heading).chain(&self.rows) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        widths
    }
}

/// The cells of one line, padded; the last column is left ragged.
fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line.push_str(cell);
        let padding = width.saturating_sub(cell.chars().count()) + GAP;
        line.extend(std::iter::repeat_n(' ', padding));
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plain;

    #[test]
    fn columns_are_aligned_and_lines_have_no_trailing_blanks() {
        let mut table = Table::new(&["name", "tools"]);
        table.row(["github".into(), "40".into()]);
        table.row(["日本".into(), String::new()]);
        assert_eq!(plain(&table.render()), "NAME    TOOLS\ngithub  40\n日本\n");
    }

    #[test]
    fn cells_cannot_steer_the_terminal() {
        let mut table = Table::new(&["name"]);
        table.row(["a\u{1b}[2Jb\nc".into()]);
        assert_eq!(plain(&table.render()), "NAME\na\\u{1b}[2Jb\\nc\n");
    }
}
