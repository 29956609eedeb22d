//! Lines from a pipe, bounded: a line that is too long costs only itself.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// Bytes kept of each end of a line that is too long, enough to tell whose answer it was.
const ENDS: usize = 512;

/// A buffer that grew beyond this for one line is given back afterwards.
const KEEP: usize = 64 * 1024;

/// One line without its line break.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// A line within the limit.
    Whole(&'a [u8]),
    /// Only both ends of a line over the limit; the rest was thrown away.
    TooLong {
        head: &'a [u8],
        tail: &'a [u8],
        length: usize,
    },
}

/// Reads lines of at most `limit` bytes.
pub(crate) struct Lines<R> {
    reader: R,
    limit: usize,
    buffer: Vec<u8>,
    /// The last bytes read of the line.
    tail: Vec<u8>,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub(crate) fn new(reader: R, limit: usize) -> Self {
        Self {
            reader,
            limit,
            buffer: Vec::new(),
            tail: Vec::new(),
        }
    }

    /// The next line; `None` at the end. A last line without a line break counts.
    pub(crate) async fn next(&mut self) -> std::io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        self.tail.clear();
        self.buffer.shrink_to(KEEP);
        let mut length = 0;
        let ended = loop {
            let chunk = self.reader.fill_buf().await?;
            if chunk.is_empty() {
                break true;
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            length += part.len();
            let room = self.limit.saturating_sub(self.buffer.len());
            self.buffer.extend_from_slice(&part[..part.len().min(room)]);
            if length > self.limit {
                keep_end(&mut self.tail, part);
            }
            let consumed = part.len() + usize::from(end.is_some());
            self.reader.consume(consumed);
            if end.is_some() {
                break false;
            }
        };
        if ended && length == 0 {
            return Ok(None);
        }
        Ok(Some(self.line(length)))
    }

    fn line(&mut self, length: usize) -> Line<'_> {
        if length > self.limit {
            self.buffer.truncate(ENDS);
            let (head, tail) = (&self.buffer, &self.tail);
            return Line::TooLong { head, tail, length };
        }
        let line = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer);
        Line::Whole(line)
    }
}

/// Appends to the last bytes of a line, and forgets those that are no longer among the last.
fn keep_end(tail: &mut Vec<u8>, part: &[u8]) {
    tail.extend_from_slice(&part[part.len().saturating_sub(ENDS)..]);
    let surplus = tail.len().saturating_sub(ENDS);
    tail.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    async fn collect(text: &[u8], limit: usize, capacity: usize) -> Vec<String> {
        let mut lines = Lines::new(BufReader::with_capacity(capacity, text), limit);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.expect("reads memory") {
            all.push(match line {
                Line::Whole(line) => String::from_utf8_lossy(line).into_owned(),
                Line::TooLong { length, .. } => format!("<{length}>"),
            });
        }
        all
    }

    #[tokio::test]
    async fn lines_are_cut_at_breaks_whatever_the_chunks() {
        for capacity in [1, 2, 3, 64] {
            let lines = collect(b"one\r\n\ntwo\nlast", 100, capacity).await;
            assert_eq!(lines, ["one", "", "two", "last"], "capacity {capacity}");
        }
    }

    #[tokio::test]
    async fn a_long_line_costs_only_itself() {
        let mut text = b"a\n".to_vec();
        text.extend(vec![b'x'; 5000]);
        text.extend(b"\nb\n");
        assert_eq!(collect(&text, 1000, 100).await, ["a", "<5000>", "b"]);
    }

    #[tokio::test]
    async fn both_ends_of_a_long_line_are_kept() {
        let text = [b"{\"id\":7,".to_vec(), vec![b'x'; 5000], b"end}".to_vec()].concat();
        for capacity in [1, 100, 10_000] {
            let reader = BufReader::with_capacity(capacity, text.as_slice());
            let mut lines = Lines::new(reader, 1000);
            let line = lines.next().await.expect("reads").expect("a line");
            let Line::TooLong { head, tail, length } = line else {
                unreachable!("{line:?}")
            };
            assert_eq!((head.len(), length), (ENDS, text.len()));
            assert!(head.starts_with(b"{\"id\":7,"));
            assert!(
                tail.ends_with(b"xend}") && tail.len() <= ENDS,
                "capacity {capacity}"
            );
        }
    }
}
