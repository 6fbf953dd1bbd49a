//! Rows of pictures with captions.

use super::{Colour, Raster};
use crate::ReportError;

/// Space around pictures.
const GAP: usize = 6;
/// Height of a caption.
const CAPTION: usize = 16;
const CAPTION_SIZE: f64 = 11.0;
const FRAME: usize = 3;
const PAPER: Colour = [255; 3];
const TEXT: Colour = [0x1A; 3];

/// A picture of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// What is shown.
    pub picture: Raster,
    /// One line below it; a longer one ends with an ellipsis.
    pub caption: String,
    /// Colour of a frame around it.
    pub frame: Option<Colour>,
}

/// Rows of pictures on white, a caption below each; columns are as wide as their widest picture.
///
/// # Errors
/// [`ReportError::NoRecords`] without any picture.
pub fn sheet(rows: &[Vec<Panel>]) -> Result<Raster, ReportError> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    if columns == 0 {
        return Err(ReportError::NoRecords);
    }
    let outer = GAP + FRAME;
    let width_of = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|panel| panel.picture.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width_of).collect();
    let heights: Vec<usize> =
        rows.iter().map(|row| row.iter().map(|panel| panel.picture.height()).max().unwrap_or(0)).collect();
    let width = GAP + widths.iter().map(|width| width + 2 * FRAME + GAP).sum::<usize>();
    let height = GAP + heights.iter().map(|height| height + 2 * FRAME + CAPTION + GAP).sum::<usize>();
    let mut sheet = Raster::filled(width, height, PAPER);
    let mut y = outer;
    for (row, &row_height) in rows.iter().zip(&heights) {
        let mut x = outer;
        for (panel, &column_width) in row.iter().zip(&widths) {
            let picture = &panel.picture;
            if let Some(colour) = panel.frame {
                let frame = [x - FRAME, y - FRAME, picture.width() + 2 * FRAME, picture.height() + 2 * FRAME];
                sheet.frame(frame, FRAME, colour);
            }
            sheet.paste(picture, x, y);
            let baseline = y + row_height + FRAME + CAPTION - 4;
            sheet.text(&panel.caption, [x, baseline], CAPTION_SIZE, column_width as f64, TEXT)?;
            x += column_width + 2 * FRAME + GAP;
        }
        y += row_height + 2 * FRAME + CAPTION + GAP;
    }
    Ok(sheet)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::picture::{heat, overlay_labels, overlay_mask};

    fn panel(width: usize, height: usize, frame: Option<Colour>) -> Panel {
        Panel { picture: Raster::filled(width, height, [10, 20, 30]), caption: "caption".to_owned(), frame }
    }

    #[test]
    fn pictures_of_different_sizes_stand_in_rows_and_columns() {
        let sheet =
            sheet(&[vec![panel(40, 20, None), panel(10, 30, Some([255, 0, 0]))], vec![panel(20, 20, None)]]).unwrap();
        assert_eq!(sheet.width(), 6 + 40 + 12 + 10 + 12);
        assert_eq!(sheet.height(), 6 + (30 + 28) + (20 + 28));
        assert_eq!(sheet.pixel(9, 9), [10, 20, 30]);
        assert_eq!(sheet.pixel(9 + 40 + 12 - 1, 9), [255, 0, 0]);
        assert_eq!(sheet.pixel(0, 0), PAPER);
        assert!(super::sheet(&[]).is_err());
    }

    #[test]
    fn masks_and_labels_cover_their_cells_only() {
        let image = Raster::filled(4, 4, [0; 3]);
        let masked = overlay_mask(&image, array![[true, false], [false, false]].view(), [200, 100, 0]);
        assert_eq!((masked.pixel(1, 1), masked.pixel(2, 1)), ([100, 50, 0], [0; 3]));
        let labelled = overlay_labels(&image, array![[0_u8, 2]].view());
        assert_eq!(labelled.pixel(0, 0), [0; 3]);
        assert_ne!(labelled.pixel(3, 0), [0; 3]);
        assert_eq!((heat(-1.0), heat(2.0)), ([68, 1, 84], [253, 231, 37]));
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let mut picture = Raster::filled(5, 5, [0; 3]);
        picture.paste(&Raster::filled(9, 9, [7; 3]), 3, 3);
        assert_eq!((picture.pixel(4, 4), picture.pixel(2, 4)), ([7; 3], [0; 3]));
        picture.frame([3, 3, 10, 10], 1, [9; 3]);
        picture.paste(&Raster::filled(2, 2, [1; 3]), 50, 50);
        assert!(Raster::from_rgb(2, 2, vec![0; 11]).is_err());
    }
}
