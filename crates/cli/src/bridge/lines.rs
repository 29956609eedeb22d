//! Newline-delimited messages on both sides of the pipe.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::Message;

/// The longest line that is taken from the client, in bytes.
const MAX_LINE: usize = 64 * 1024 * 1024;

/// Messages that may wait for a client that reads slowly.
const QUEUE: usize = 64;

/// What the client sent.
pub(super) enum Line {
    /// One line without its end; never blank.
    Text(Vec<u8>),
    /// A line that was too long and has been skipped.
    TooLong,
}

/// Cuts the client's output into lines.
pub(super) struct LineReader<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    skipping: bool,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input: BufReader::new(input),
            line: Vec::new(),
            skipping: false,
        }
    }

    /// The next line; `None` when the client has closed its end. Safe to cancel: what has been
    /// read so far is kept for the next call.
    pub(super) async fn next(&mut self) -> Option<Line> {
        loop {
            // A pipe that fails is as closed as one that ends.
            let chunk = self.input.fill_buf().await.unwrap_or_default();
            if chunk.is_empty() {
                return None;
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            if self.line.len() + part.len() > MAX_LINE {
                self.skipping = true;
                self.line = Vec::new();
            }
            if !self.skipping {
                self.line.extend_from_slice(part);
            }
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some()
                && let Some(line) = self.take()
            {
                return Some(line);
            }
        }
    }

    /// The finished line, unless it is blank.
    fn take(&mut self) -> Option<Line> {
        let text = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.skipping) {
            return Some(Line::TooLong);
        }
        (!text.trim_ascii().is_empty()).then_some(Line::Text(text))
    }
}

/// The way to the client; whole lines only, whoever writes.
#[derive(Clone)]
pub(super) struct Output(mpsc::Sender<String>);

impl Output {
    /// Writes a message as one line. Does nothing when the client is gone.
    pub(super) async fn send(&self, message: &Message) {
        let mut line = message.to_json();
        line.push('\n');
        let _ = self.0.send(line).await;
    }
}

/// Starts the one task that writes; it ends when all senders are gone or writing fails.
pub(super) fn writer(
    mut output: impl AsyncWrite + Unpin + Send + 'static,
) -> (Output, JoinSet<()>) {
    let (sender, mut queue) = mpsc::channel::<String>(QUEUE);
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Some(line) = queue.recv().await {
            let written = async {
                output.write_all(line.as_bytes()).await?;
                output.flush().await
            };
            if written.await.is_err() {
                return;
            }
        }
    });
    (Output(sender), task)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(input: &[u8]) -> Vec<String> {
        let mut reader = LineReader::new(input);
        let mut lines = Vec::new();
        while let Some(line) = reader.next().await {
            lines.push(match line {
                Line::Text(text) => String::from_utf8_lossy(&text).into_owned(),
                Line::TooLong => "too long".to_owned(),
            });
        }
        lines
    }

    #[tokio::test]
    async fn blank_lines_and_an_unfinished_last_line_are_left_out() {
        assert_eq!(read(b"a\r\n\n  \nb\nrest").await, ["a\r", "b"]);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_costs_only_itself() {
        let mut input = vec![b'x'; MAX_LINE + 1];
        input.extend_from_slice(b"\nnext\n");
        assert_eq!(read(&input).await, ["too long", "next"]);
    }

    #[tokio::test]
    async fn messages_of_several_writers_stay_whole() {
        let (near, mut far) = tokio::io::duplex(16);
        let (out, _task) = writer(near);
        let mut writers = JoinSet::new();
        for _ in 0..8 {
            let out = out.clone();
            writers.spawn(async move { out.send(&Message::notification("a", None)).await });
        }
        drop(out);
        let mut all = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut far, &mut all)
            .await
            .expect("reads");
        assert_eq!(all.lines().count(), 8);
        assert!(
            all.lines()
                .all(|line| line == r#"{"jsonrpc":"2.0","method":"a"}"#)
        );
    }
}
