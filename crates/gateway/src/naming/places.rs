//! Where the protocol puts names, method by method (schema.ts of 2024-11-05 to 2026-07-28;
//! extensions: Tasks (SEP-2663), Apps (SEP-1865), Skills (SEP-2640)).
//!
//! For each kind of message there is what any of the kind may hold, and what those of one method
//! hold besides. No place is in two shapes of one message, else its name would change twice.

use super::shape::{Kind, Shape};
use Shape::{All, By, Each, Fields, Is, Nothing, ServerRequest, Values};

/// Two shapes of one value: of its kind of message, and of its method.
pub(super) type Shapes = [&'static Shape; 2];

/// The result of a request to a server.
pub(super) fn result(method: &str) -> Shapes {
    [&ANY_RESULT, of(&RESULTS, method)]
}

/// The parameters of a server's request to a client. Those of `tasks/*` speak of the client's own
/// tasks.
pub(super) fn server_request(method: &str) -> Shapes {
    [&ANY_META, of(&SERVER_REQUESTS, method)]
}

/// The parameters of a server's notification.
pub(super) fn notification(method: &str) -> Shapes {
    [&ANY_META, of(&NOTIFICATIONS, method)]
}

/// The parameters of a client's request.
pub(super) fn client_request(method: &str) -> Shapes {
    [&ANY_CLIENT_REQUEST, of(&CLIENT_REQUESTS, method)]
}

/// `data` of an error of a server: the resource that is not there (2024-11-05 to 2026-07-28),
/// the elicitations that must come first (-32042 of 2025-11-25).
pub(super) fn error_data() -> Shapes {
    [&ERROR_DATA, &Nothing]
}

/// A tool's definition.
pub(super) fn tool() -> Shapes {
    [&ANY_META, &Nothing]
}

/// A client's result for a request of a server.
pub(super) fn answer() -> Shapes {
    [&ANSWER, &Nothing]
}

/// Whether a JSON text of a server may hold a name at all: each of its keys has one of these
/// signs, and JSON writers escape no letters.
pub(super) fn may_name(json: &str) -> bool {
    const SIGNS: [&str; 7] = [
        "\"uri",
        "\"taskId",
        "esourceUri\"",
        "\"prompts\"",
        "/outputTemplate\"",
        "\"elicitationId\"",
        "\"resourceSubscriptions\"",
    ];
    SIGNS.iter().any(|sign| json.contains(sign))
}

fn of(table: &'static [(&str, Shape)], method: &str) -> &'static Shape {
    let found = table.iter().find(|(name, _)| *name == method);
    found.map_or(&Nothing, |(_, shape)| shape)
}

const URI: Shape = Is(Kind::Uri);
const NAME: Shape = Is(Kind::Name);

const RESOURCE: Shape = Fields(&[("uri", URI)]);
const RESOURCES: Shape = Fields(&[("resources", Each(&RESOURCE))]);
const SKILL: Shape = Fields(&[("uri", URI), ("resources", Each(&RESOURCE))]);
const PROMPT: Shape = Fields(&[("name", NAME)]);
const TEMPLATE: Shape = Fields(&[("uriTemplate", URI)]);
const TASK: Shape = Fields(&[("taskId", NAME)]);
const ELICITATION: Shape = Fields(&[("elicitationId", NAME)]);
const FILTER: Shape = Fields(&[(
    "notifications",
    Fields(&[
        ("resourceSubscriptions", Each(&URI)),
        ("taskIds", Each(&NAME)),
    ]),
)]);

/// `_meta`: the page of an app, by its present key and by two that hosts still read; the task that
/// a message is related to (2025-11-25).
const META: Shape = Fields(&[
    ("ui", Fields(&[("resourceUri", URI)])),
    ("ui/resourceUri", URI),
    ("openai/outputTemplate", URI),
    ("io.modelcontextprotocol/related-task", TASK),
]);
static ANY_META: Shape = Fields(&[("_meta", META)]);
const TOOLS: Shape = Fields(&[("tools", Each(&ANY_META))]);

/// A content block. A tool's result within a message holds blocks again.
static BLOCK: Shape = By(
    "type",
    &[
        ("resource_link", RESOURCE),
        ("resource", Fields(&[("resource", RESOURCE)])),
        ("tool_result", Fields(&[("content", Each(&BLOCK))])),
    ],
);
const CONTENT: Shape = Fields(&[("content", Each(&BLOCK))]);
const MESSAGES: Shape = Fields(&[("messages", Each(&CONTENT))]);

const ASKS: Shape = Fields(&[("inputRequests", Values(&ServerRequest))]);
static ANY_RESULT: Shape = All(&[&ANY_META, &ASKS]);

/// A task takes a result's place as `task` (2025-11-25) or as the result itself (SEP-2663).
const OR_TASK: Shape = All(&[
    &Fields(&[("task", TASK)]),
    &By("resultType", &[("task", TASK)]),
]);

/// What a task holds at its stage (SEP-2663); of a server only calls become tasks.
const OUTCOME: Shape = Fields(&[
    ("result", All(&[&ANY_RESULT, &CONTENT])),
    ("error", Fields(&[("data", ERROR_DATA)])),
]);

static RESULTS: [(&str, Shape); 14] = [
    ("tools/list", TOOLS),
    ("tools/call", All(&[&CONTENT, &OR_TASK])),
    ("prompts/list", Fields(&[("prompts", Each(&PROMPT))])),
    ("prompts/get", All(&[&MESSAGES, &OR_TASK])),
    ("resources/list", RESOURCES),
    (
        "resources/templates/list",
        Fields(&[("resourceTemplates", Each(&TEMPLATE))]),
    ),
    (
        "resources/read",
        All(&[&Fields(&[("contents", Each(&RESOURCE))]), &OR_TASK]),
    ),
    ("resources/directory/read", RESOURCES),
    ("skills/list", Fields(&[("skills", Each(&SKILL))])),
    ("skills/get", Fields(&[("skill", SKILL)])),
    ("tasks/get", All(&[&TASK, &OUTCOME])),
    ("tasks/result", CONTENT),
    ("tasks/cancel", TASK),
    ("tasks/list", Fields(&[("tasks", Each(&TASK))])),
];

static SERVER_REQUESTS: [(&str, Shape); 2] = [
    ("sampling/createMessage", All(&[&MESSAGES, &TOOLS])),
    ("elicitation/create", ELICITATION),
];

static NOTIFICATIONS: [(&str, Shape); 5] = [
    ("notifications/resources/updated", RESOURCE),
    ("notifications/tasks/status", TASK),
    ("notifications/tasks", All(&[&TASK, &OUTCOME, &ASKS])),
    ("notifications/elicitation/complete", ELICITATION),
    ("notifications/subscriptions/acknowledged", FILTER),
];

static ANY_CLIENT_REQUEST: Shape = Fields(&[("_meta", META), ("inputResponses", Values(&ANSWER))]);

static CLIENT_REQUESTS: [(&str, Shape); 12] = [
    ("prompts/get", PROMPT),
    (
        "completion/complete",
        Fields(&[(
            "ref",
            By(
                "type",
                &[("ref/prompt", PROMPT), ("ref/resource", RESOURCE)],
            ),
        )]),
    ),
    ("resources/read", RESOURCE),
    ("resources/subscribe", RESOURCE),
    ("resources/unsubscribe", RESOURCE),
    ("resources/directory/read", RESOURCE),
    ("skills/get", RESOURCE),
    ("subscriptions/listen", FILTER),
    ("tasks/get", TASK),
    ("tasks/result", TASK),
    ("tasks/cancel", TASK),
    ("tasks/update", TASK),
];

static ANSWER: Shape = Fields(&[("_meta", META), ("content", Each(&BLOCK))]);

const ERROR_DATA: Shape = Fields(&[
    ("uri", URI),
    ("elicitations", Each(&All(&[&ANY_META, &ELICITATION]))),
]);
