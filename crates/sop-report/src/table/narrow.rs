//! A table for a terminal that is too narrow for it.

use super::model::{Cell, ColumnKind, Table, one_line};

/// Space between columns, as the text format has it.
const GAP: usize = 2;

/// Characters that words keep.
const LEAST: usize = 12;

impl Table {
    /// The table with less in its columns of words, or nothing where it has room for all of them in lines of `width` characters.
    ///
    /// Words that stand in every row are said once below; then the longest are cut, to 12 characters at least. Numbers stay whole, so
    /// that the result may still be too wide.
    #[must_use]
    pub fn narrowed(&self, width: usize) -> Option<Self> {
        let mut table = self.clone();
        if table.width() <= width {
            return None;
        }
        table.say_shared_once();
        let mut widths: Vec<usize> = table.columns.iter().enumerate().map(|(place, _)| table.width_of(place)).collect();
        let mut excess = table.width().saturating_sub(width);
        while excess > 0 {
            let words = widths.iter_mut().zip(&table.columns).filter(|(_, column)| column.kind == ColumnKind::Label);
            let Some((widest, _)) = words.max_by_key(|(width, _)| **width).filter(|(width, _)| **width > LEAST) else {
                break;
            };
            *widest -= 1;
            excess -= 1;
        }
        for (column, &width) in table.columns.iter_mut().zip(&widths).filter(|(column, _)| !column.is_numeric()) {
            column.title = cut(&column.title, width);
        }
        for row in &mut table.rows {
            for (cell, &width) in row.iter_mut().zip(&widths) {
                if let Cell::Text(text) = cell {
                    *text = cut(text, width);
                }
            }
        }
        Some(table)
    }

    fn say_shared_once(&mut self) {
        let mut said = Vec::new();
        for place in (0..self.columns.len()).rev() {
            let Some(column) = self.columns.get(place).filter(|column| column.kind == ColumnKind::Label) else {
                continue;
            };
            let mut cells = self.rows.iter().filter_map(|row| row.get(place));
            let Some(first) = cells.next().filter(|_| self.rows.len() > 1) else { continue };
            if cells.all(|cell| cell == first) {
                let text = column.plain(first);
                said.extend((!text.is_empty()).then(|| format!("{} {text}", column.title)));
                self.columns.remove(place);
                self.rows.iter_mut().for_each(|row| drop(row.remove(place)));
            }
        }
        said.reverse();
        if !said.is_empty() {
            self.notes.insert(0, format!("all rows: {}", said.join(", ")));
        }
    }

    /// Characters of a line.
    fn width(&self) -> usize {
        let columns = (0..self.columns.len()).map(|place| self.width_of(place)).sum::<usize>();
        columns + GAP * self.columns.len().saturating_sub(1)
    }

    fn width_of(&self, place: usize) -> usize {
        let Some(column) = self.columns.get(place) else { return 0 };
        let cells = self.rows.iter().filter_map(|row| row.get(place));
        let text = |cell: &Cell| column.plain(cell).chars().count() + usize::from(cell.is_best());
        cells.map(text).chain([column.title.chars().count()]).max().unwrap_or(0)
    }
}

fn cut(text: &str, width: usize) -> String {
    let text = one_line(text);
    if text.chars().count() <= width {
        return text;
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}
