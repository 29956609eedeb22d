//! The end of a page file: where its characters are.
//!
//! Layout, all numbers 64-bit little-endian: the byte offsets of characters `STRIDE`, 2 × `STRIDE`
//! and so on, then the text's length in bytes, its length in characters, and [`MAGIC`].

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::PageError;

/// Distance between known positions: 16,384 characters are at most 64 KiB to skip.
const STRIDE: usize = 16_384;

/// Marks a complete file of this layout.
const MAGIC: u64 = u64::from_le_bytes(*b"tgpage01");

/// Bytes of the part of fixed size: two lengths and the mark.
const FIXED: usize = 24;

/// Where the characters of a text are.
pub(super) struct Footer {
    /// How many characters the text has.
    pub(super) total_chars: usize,
    total_bytes: u64,
    /// The byte offset of character `(n + 1) * STRIDE`.
    marks: Vec<u64>,
}

impl Footer {
    /// Measures a text.
    pub(super) fn of(text: &str) -> Self {
        let mut marks = Vec::new();
        let mut total_chars = 0;
        for (byte, _) in text.char_indices() {
            if total_chars > 0 && total_chars % STRIDE == 0 {
                marks.push(byte as u64);
            }
            total_chars += 1;
        }
        Self {
            total_chars,
            total_bytes: text.len() as u64,
            marks,
        }
    }

    /// The form that stands at the end of the file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let fixed = [self.total_bytes, self.total_chars as u64, MAGIC];
        self.marks
            .iter()
            .chain(&fixed)
            .flat_map(|number| number.to_le_bytes())
            .collect()
    }

    /// Reads the end of a file, and checks that it fits the file.
    pub(super) fn read(file: &mut File) -> Result<Self, PageError> {
        let size = file.metadata()?.len();
        let tail_start = size.checked_sub(FIXED as u64).ok_or(PageError::Damaged)?;
        let [total_bytes, total_chars, magic] = read_numbers(file, tail_start, 3)?[..] else {
            return Err(PageError::Damaged);
        };
        let total_chars = usize::try_from(total_chars).map_err(|_| PageError::Damaged)?;
        let count = total_chars.saturating_sub(1) / STRIDE;
        // A character has at most four bytes and at least one; this also bounds `count`.
        let is_plausible = magic == MAGIC
            && total_chars as u64 <= total_bytes
            && total_bytes.checked_add((count * 8) as u64) == Some(tail_start);
        if !is_plausible {
            return Err(PageError::Damaged);
        }
        let marks = read_numbers(file, total_bytes, count)?;
        Ok(Self {
            total_chars,
            total_bytes,
            marks,
        })
    }

    /// The characters from `offset` on, at most `limit`, out of the file this footer ends.
    pub(super) fn slice(
        &self,
        file: &mut File,
        offset: usize,
        limit: usize,
    ) -> Result<String, PageError> {
        let end = offset.saturating_add(limit).min(self.total_chars);
        if offset >= end {
            return Ok(String::new());
        }
        let (first, last) = (offset / STRIDE, end.div_ceil(STRIDE));
        let (from, to) = (self.mark(first), self.mark(last));
        let length = to.checked_sub(from).ok_or(PageError::Damaged)?;
        file.seek(SeekFrom::Start(from))?;
        let mut block = Vec::new();
        file.take(length).read_to_end(&mut block)?;
        let block = String::from_utf8(block).map_err(|_| PageError::Damaged)?;
        Ok(block
            .chars()
            .skip(offset - first * STRIDE)
            .take(end - offset)
            .collect())
    }

    /// The byte offset of character `n * STRIDE`, or of the end.
    fn mark(&self, n: usize) -> u64 {
        match n.checked_sub(1) {
            None => 0,
            Some(n) => self.marks.get(n).copied().unwrap_or(self.total_bytes),
        }
    }
}

fn read_numbers(file: &mut File, at: u64, count: usize) -> io::Result<Vec<u64>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = vec![0; count * 8];
    file.read_exact(&mut bytes)?;
    let (numbers, _) = bytes.as_chunks::<8>();
    Ok(numbers
        .iter()
        .map(|number| u64::from_le_bytes(*number))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn file_with_footer(text: &str) -> File {
        file_of(&[text.as_bytes(), &Footer::of(text).to_bytes()].concat())
    }

    #[test]
    fn every_position_around_a_mark_reads_right() {
        let text: String = "aé漢🦀".chars().cycle().take(2 * STRIDE + 3).collect();
        let mut file = file_with_footer(&text);
        let footer = Footer::read(&mut file).unwrap();
        for offset in [
            0,
            1,
            STRIDE - 1,
            STRIDE,
            STRIDE + 1,
            2 * STRIDE,
            2 * STRIDE + 2,
        ] {
            for limit in [1, 5, STRIDE, 3 * STRIDE] {
                let expected: String = text.chars().skip(offset).take(limit).collect();
                let read = footer.slice(&mut file, offset, limit).unwrap();
                assert!(read == expected, "offset {offset}, limit {limit}");
            }
        }
    }

    #[test]
    fn lengths_at_the_stride_agree_between_writing_and_reading() {
        for length in [0, 1, STRIDE - 1, STRIDE, STRIDE + 1, 2 * STRIDE] {
            let text = "x".repeat(length);
            let footer = Footer::read(&mut file_with_footer(&text)).unwrap();
            assert_eq!(footer.total_chars, length);
            assert_eq!(footer.marks, Footer::of(&text).marks);
        }
    }

    #[test]
    fn a_file_that_was_cut_or_changed_is_damaged() {
        let text = "x".repeat(STRIDE + 1);
        let whole = [text.as_bytes(), &Footer::of(&text).to_bytes()].concat();
        let cut = &whole[..whole.len() - 1];
        let shifted = &whole[1..];
        let mut huge = whole.clone();
        let at = huge.len() - 16;
        huge[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        for bytes in [b"".as_slice(), b"short", cut, shifted, &huge] {
            assert!(matches!(
                Footer::read(&mut file_of(bytes)),
                Err(PageError::Damaged)
            ));
        }
    }

    #[test]
    fn text_that_is_not_utf8_is_damaged() {
        let mut bytes = b"\xff\xfe".to_vec();
        bytes.extend(Footer::of("ab").to_bytes());
        let mut file = file_of(&bytes);
        let footer = Footer::read(&mut file).unwrap();
        assert!(matches!(
            footer.slice(&mut file, 0, 2),
            Err(PageError::Damaged)
        ));
    }
}
