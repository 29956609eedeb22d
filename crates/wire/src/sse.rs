//! Server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>), parsed
//! from chunks as they come.

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// The event's type; empty means `message`.
    pub event: String,
    /// The lines of its data, joined by line breaks.
    pub data: String,
    /// The id to resume after, if given.
    pub id: Option<String>,
    /// The reconnection time in milliseconds, if given.
    pub retry: Option<u64>,
}

/// An event is larger than the parser was told to accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a server-sent event is larger than {0} bytes")]
pub struct TooLarge(usize);

/// Takes chunks, gives events.
#[derive(Debug)]
pub struct SseParser {
    limit: usize,
    buffer: Vec<u8>,
    /// How much of the buffer is known to hold no line end.
    scanned: usize,
    event: SseEvent,
    has_data: bool,
    started: bool,
}

impl SseParser {
    /// A parser that gives up on events of more than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            buffer: Vec::new(),
            scanned: 0,
            event: SseEvent::default(),
            has_data: false,
            started: false,
        }
    }

    /// Takes the next chunk and returns the events that it completes.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<Vec<SseEvent>, TooLarge> {
        self.buffer.extend_from_slice(chunk);
        let mut events = Vec::new();
        while let Some((line, rest)) = self.next_line() {
            if line.len() + self.event.data.len() > self.limit {
                return Err(TooLarge(self.limit));
            }
            let line = String::from_utf8_lossy(&self.buffer[line]).into_owned();
            self.buffer.drain(..rest);
            self.scanned = 0;
            events.extend(self.take_line(&line));
        }
        if self.buffer.len() + self.event.data.len() > self.limit {
            return Err(TooLarge(self.limit));
        }
        Ok(events)
    }

    /// The range of the next whole line, and where the one after it starts.
    fn next_line(&mut self) -> Option<(std::ops::Range<usize>, usize)> {
        let found = self.buffer[self.scanned..]
            .iter()
            .position(|b| matches!(b, b'\n' | b'\r'));
        let Some(end) = found.map(|at| at + self.scanned) else {
            self.scanned = self.buffer.len();
            return None;
        };
        if self.buffer[end] == b'\n' {
            return Some((0..end, end + 1));
        }
        // After a carriage return, only the next byte tells whether a line feed belongs to it.
        match self.buffer.get(end + 1) {
            Some(b'\n') => Some((0..end, end + 2)),
            Some(_) => Some((0..end, end + 1)),
            None => {
                self.scanned = end;
                None
            }
        }
    }

    fn take_line(&mut self, line: &str) -> Option<SseEvent> {
        let line = if self.started {
            line
        } else {
            line.trim_start_matches('\u{feff}')
        };
        self.started = true;
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            let complete = std::mem::take(&mut self.has_data);
            let says_when = event.id.is_some() || event.retry.is_some();
            return (complete || says_when).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.add_data(value),
            "event" => value.clone_into(&mut self.event.event),
            "id" if !value.contains('\0') => self.event.id = Some(value.to_owned()),
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.event.retry = value.parse().ok().or(self.event.retry);
            }
            _ => {}
        }
        None
    }

    fn add_data(&mut self, value: &str) {
        if self.has_data {
            self.event.data.push('\n');
        }
        self.has_data = true;
        self.event.data.push_str(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str, chunk: usize) -> Vec<SseEvent> {
        let mut parser = SseParser::new(1000);
        text.as_bytes()
            .chunks(chunk)
            .flat_map(|part| parser.feed(part).expect("small enough"))
            .collect()
    }

    #[test]
    fn any_cut_gives_the_same_events() {
        let text = "\u{feff}: hello\r\nevent: endpoint\r\ndata: /m?é=1\r\n\r\nid: 7\ndata:a\n\
                    data: b\nretry: 10\n\ndata\n\nevent: none\n\n";
        let whole = events(text, text.len());
        assert_eq!(whole.len(), 3);
        assert_eq!(whole[0].event, "endpoint");
        assert_eq!(whole[0].data, "/m?é=1");
        assert_eq!(whole[1].data, "a\nb");
        assert_eq!(
            (whole[1].id.as_deref(), whole[1].retry),
            (Some("7"), Some(10))
        );
        assert_eq!(whole[2].data, "");
        for chunk in 1..text.len() {
            assert_eq!(events(text, chunk), whole, "chunks of {chunk}");
        }
    }

    #[test]
    fn a_priming_event_has_an_id_and_no_data() {
        let primed = events("id: 1\nretry: 3000\n\n", 4);
        assert_eq!(primed.len(), 1);
        assert_eq!(primed[0].data, "");
    }

    #[test]
    fn a_reconnection_time_may_come_alone() {
        let alone = events("retry: 500\n\nretry: +5\n\nretry: soon\n\nretry:\n\n", 7);
        let times: Vec<_> = alone.iter().map(|event| event.retry).collect();
        assert_eq!(times, [Some(500)]);
    }

    #[test]
    fn an_endless_event_is_given_up() {
        let mut parser = SseParser::new(100);
        assert!(parser.feed(&[b'x'; 90]).is_ok());
        assert_eq!(parser.feed(&[b'x'; 20]), Err(TooLarge(100)));
        let lines = "data: 0123456789\n".repeat(12) + "\n";
        assert!(SseParser::new(100).feed(lines.as_bytes()).is_err());
        assert!(SseParser::new(200).feed(lines.as_bytes()).is_ok());
    }
}
