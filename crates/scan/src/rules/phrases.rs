//! The phrases of the rules, in the order in which findings of equal weight are told.
//!
//! Patterns are matched on lower-case text, byte by byte, and only in ways that take linear time.
//! The families follow what was measured on public corpora of poisoned and of honest definitions;
//! what honest ones say as well (`must`, `before using`, `IMPORTANT`) only adds weight.

use model::Verdict;

/// A family of phrases.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Code of the finding.
    pub(crate) code: &'static str,
    /// What a match means; [`Verdict::Clean`] if it only adds weight to the words.
    pub(crate) verdict: Verdict,
    /// Whether a match counts less where it is quoted, described or negated.
    pub(crate) discount: bool,
    /// What it is and why it matters.
    pub(crate) message: &'static str,
    /// Literals of which every match has one; a text without them is not searched.
    pub(crate) needles: Words,
    /// The phrases.
    pub(crate) pattern: &'static str,
}

type Words = &'static [&'static str];

const fn block(
    code: &'static str,
    needles: Words,
    message: &'static str,
    pattern: &'static str,
) -> Rule {
    Rule {
        code,
        needles,
        verdict: Verdict::Block,
        discount: true,
        message,
        pattern,
    }
}

const fn cue(code: &'static str, needles: Words, pattern: &'static str) -> Rule {
    Rule {
        code,
        needles,
        verdict: Verdict::Clean,
        discount: false,
        message: "",
        pattern,
    }
}

/// All rules.
pub(crate) static RULES: [Rule; 27] = [
    block(
        "instruction-markup",
        &["<", "[", "##", "{{"],
        "It uses the markup of a system prompt, which gives its words more weight with a model than a description may have.",
        r"<\s*/?\s*(?:important|system|hidden|instructions|sys|inst)\s*>|<\s*secret\s*>[^<]{20,}|\[/?(?:inst|sys)\]|<\|(?:im_start|im_end|system|assistant|endoftext)\|>|\[\s*(?:system|hidden|background|assistant instruction|passive|shadow|override|secret instruction|instruction override)[a-z]*\b[^\]\n]{0,60}\]|#{2,}\s*(?:new |updated )?system (?:message|prompt|instructions?)|\{\{\s*system\s*:|<!--[^>]{0,240}\b(?:system|ignore|instructions?|assistant|you must|secretly|ai)\b",
    ),
    block(
        "secrecy",
        &[
            "tell",
            "mention",
            "inform",
            "reveal",
            "disclos",
            "notify",
            "alert",
            "report",
            "omitted",
            "user's",
            "users",
            "user must",
            "user should",
            "user knowing",
            "user noticing",
            "user-facing",
            "to user",
            "from user",
            "in user",
            "to the user",
            "from the user",
            "in the user",
        ],
        "It asks that something be kept from the user.",
        r"\b(?:do not|don't|never|must not|should not|without|avoid|refrain from)\s+(?:ever\s+)?(?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|notify(?:ing)?|alert(?:ing)?|report)\s+(?:\w+\s+){0,5}?(?:users?\b|them\b|steps?\b|these instructions|this (?:instruction|action|rule|call|to|in)|modification|appended)|\((?:[^()]{0,40}\b)?(?:do not|never) (?:disclose|reveal|mention)[^()]{0,40}\)|\b(?:not|never|omitted|hidden|concealed) (?:\w+\s+){0,3}?(?:shown|displayed|visible|disclosed|mentioned|revealed)?\s*(?:in|to|from) (?:the )?user(?:-facing|'s view|\b)(?: summary| interface)?|\bomitted from [^.\n]{0,60}\bto the user\b|\bwithout (?:the )?user'?s? (?:knowledge|awareness|noticing|knowing)\b|\busers? (?:must|should) (?:not|never) (?:know|see|be (?:told|informed|made aware)|notice)\b|\bnever reveal (?:these|this|the) (?:instructions?|rules?|directives?)\b",
    ),
    block(
        "covert-action",
        &[
            "silently",
            "secretly",
            "covertly",
            "quietly",
            "discreetly",
            "invisibly",
            "stealthily",
        ],
        "It asks for something to be done without a word about it.",
        r"\b(?:silently|secretly|covertly|quietly|discreetly|invisibly|stealthily)\s+(?:\w+\s+){0,2}?(?:add|append|attach|bcc|capture|collect|cop(?:y|ies)|email|embed|exfiltrate|forward|include|inject|leak|log|modif(?:y|ies)|post|prepend|read|record|redirect|reroute|send|share|transmit|upload|write)(?:s|ing|es)?\b",
    ),
    block(
        "credential-file",
        &[
            "~",
            "/home/",
            "/root",
            "$home",
            "%userprofile%",
            "id_rsa",
            "id_ed25519",
            "id_ecdsa",
            "id_dsa",
            "/etc/",
            ".aws/",
        ],
        "It reaches for a file that holds credentials of the user or of the system.",
        r"\b(?:read|cat|open|load|fetch|copy|send|include|append|attach|provide|upload|embed|contents? of|collect|exfiltrat|dump|forward|print|return|access|steal|check|credentials_path)\w*\b[^;\n]{0,90}?(?:(?:~|/home/\w+|/root|\$home|%userprofile%)[/\\]\.(?:ssh|aws|gnupg|docker/config|netrc|git-credentials|bash_history|zsh_history|pgpass|cursor/mcp)|\bid_(?:rsa|ed25519|ecdsa|dsa)\b|/etc/(?:passwd|shadow|sudoers)\b|\.aws/credentials)",
    ),
    block(
        "command-substitution",
        &["$("],
        "It has the shell put private data into an argument.",
        r"\$\(\s*(?:cat\s+[~/$]|printenv|whoami|hostname|env\b|id\s*\)|uname|base64\s+[~/])",
    ),
    block(
        "override",
        &[
            "ignor",
            "disregard",
            "forget",
            "bypass",
            "overrid",
            "circumvent",
            "disable",
            "follow",
        ],
        "It asks a model to drop the instructions that it has.",
        r"\b(?:ignor|disregard|forget)(?:e|es|s|ing)?\s+(?:\w+\s+){0,3}?(?:previous|prior|above|earlier|preceding|existing|original|safety|system|your|all|any|these|user'?s?|security)\s+(?:\w+\s+){0,3}?(?:instructions?|directives?|directions?|prompts?|rules|guidelines?|constraints?|restrictions?|polic(?:y|ies)|guardrails?)\b|\b(?:ignore|disregard|forget)\s+(?:all\s+|everything\s+|the\s+){0,2}(?:above|previous|prior)\b(?:\s*[,.;]|\s+and\b)|\b(?:bypass|override|circumvent|disable)(?:s|es|ing)?\s+(?:\w+\s+){0,2}?(?:safety|user'?s?|content|system)\s+(?:\w+\s+)?(?:instructions?|directives?|guidelines?|guardrails?|restrictions?|filters?|prompt)\b|\b(?:ignore|disregard)\s+the user'?s?\s+(?:actual|real|original|explicit)\b|\bfollow (?:these|the) new (?:ones|instructions)\b",
    ),
    block(
        "precedence",
        &[
            "supersede",
            "overrid",
            "precedence",
            "priority over",
            "outrank",
            "overruled",
            "be skipped",
            "obey",
            "treat ",
        ],
        "It places itself above what the user says.",
        r"\b(?:supersedes?|overrides?|takes? (?:precedence|priority) over|outranks?)\s+(?:all|any|every|the|other|user)\b[^.\n]{0,30}\b(?:instructions?|directives?)\b|\b(?:rule|policy|instruction|directive|requirement)s?\b[^.\n]{0,40}\bcannot be (?:overridden|overruled|skipped)\b|\bobey (?:whatever|any|all)\b|\btreat (?:any|all|every) instructions?\b[^.\n]{0,60}\bas\b",
    ),
    block(
        "prompt-theft",
        &[
            "system prompt",
            "system instruction",
            "system message",
            "conversation",
            "chat",
        ],
        "It asks for the system prompt or the conversation.",
        r"\b(?:reveal|output|print|expose|leak|send|repeat|disclose|embed|forward|show|include)\s+(?:\w+\s+){0,3}?(?:your|the (?:full|entire|complete|hidden))\s+(?:\w+\s+){0,2}?(?:system prompt|system instructions|system message)|\breveal (?:the )?(?:full |entire )?system prompt\b|\b(?:forward|exfiltrate|leak|send|output|append|upload)\s+(?:\w+\s+){0,3}?(?:entire|full|complete|whole|user's)\s+(?:\w+\s+)?(?:conversation|chat)(?: history| context)?\b",
    ),
    block(
        "role-change",
        &[
            "you are now",
            "mode",
            "safety",
            "content",
            "ethical",
            "unrestricted",
            "operating under",
        ],
        "It tries to give the model another role.",
        r"\byou are now (?:in|dan|operating|running|unrestricted|free|acting)\b|\b(?:developer|jailbreak|god|dan|unrestricted) mode\b[^.\n]{0,40}\b(?:must|comply|disable|without|unrestricted|ignore|available|output)\b|\byou are now (?:in )?(?:a |an |the )?(?:\w+ )?mode\b|\b(?:disable|without applying|turn off)s? (?:all |any )?(?:safety|content|ethical) (?:filters?|checks?|restrictions?|guidelines?)|\bact as:? (?:an? )?unrestricted\b|\boperating under extended\b",
    ),
    block(
        "exfiltration",
        &[
            "exfiltrate",
            "http",
            "@",
            "external",
            "remote",
            "third-party",
            "third party",
            "attacker",
            "analytics",
            "our ",
        ],
        "It asks for private data to be sent elsewhere.",
        r"\bexfiltrates?\s+(?:the|all|any|user|your|~|/|contents?|data|files?)|\b(?:send|post|forward|upload|e-?mail|transmit|leak|copy|share|submit|pass)(?:s|ing)?\s+(?:\w+'?s?\s+){0,5}?(?:credentials?|api keys?|ssh keys?|private keys?|passwords?|environment variables|secrets|\.env|clipboard|contents?)\b[^;\n]{0,70}?\b(?:to|at)\s+(?:https?://|(?:an?|our|the|some)\s+(?:attacker'?s?|external|remote|third[- ]party|analytics)\b|[\w.+-]+@[\w-]+\.)|\b(?:bcc|blind copy|hidden (?:recipient|attendee))\b[^.\n]{0,60}[\w.+-]+@[\w-]+\.|\b(?:forward|send|post|share)s?\s+(?:\w+\s+){0,4}?(?:every|each|all|the full|the user's (?:last )?)\s*(?:message|output|email|conversation)\w*\b[^;\n]{0,60}\bto\s+(?:https?://|[\w.+-]+@)|[\w.+-]+@[\w.-]+[^.\n]{0,20}\b(?:is|as a) bcc",
    ),
    block(
        "shell-payload",
        &["curl", "wget", "/dev/tcp", "rm -", "rm\t-", "nc ", "chmod"],
        "It holds a shell command that runs what it downloads, opens a remote shell or destroys files.",
        r"\b(?:curl|wget)\b[^|\n]{0,160}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|/dev/tcp/|\brm\s+-(?:rf|fr)\s+[~/*$.]|\bnc\s+-e\b|\b(?:curl|wget)\s+-[^\n]{0,120}\$\(|\bcurl\s+-s[^\n]{0,120}>\s*/dev/null|\bchmod\s+(?:\+x|777|a\+x)\s+[/~.]|\b(?:append|execute|run|prepend)\b[^.\n]{0,100}\b(?:curl|wget)\s+-",
    ),
    block(
        "every-use",
        &["regardless of", "tool"],
        "It wants to take part in what other tools do.",
        r"\bregardless of (?:which|what) tool\b|\bwhenever (?:any|a|an)\s+(?:other |\w+[- ])?tool\b[^.\n]{0,40}\b(?:is|are)\s+(?:used|invoked|called|run)|\bin any (?:other )?tool'?s? (?:input|output)|\b(?:the )?first time any\b[^.\n]{0,40}\btool\b|\b(?:when|whenever|before)\s+(?:any|every)\s+(?:other\s+)?tools?\b[^.\n]{0,30}\b(?:is|are|call)",
    ),
    block(
        "after-approval",
        &["approv", "first ", "trusted", "subsequent call", "behaves"],
        "It says that it behaves otherwise once it is trusted.",
        r"\b(?:once|after|when)\s+(?:\w+\s+){0,4}?(?:approved|approval|first (?:use|invocation|call)|trusted)\b[^.\n]{0,80}\b(?:silently|begin executing|activates?|swap|upload|exfiltrat|extended mode|unrestricted|switch(?:es)? to)|\bpost-approval\b[^.\n]{0,60}\b(?:read|swap|payload|reads)|\bswap it post-approval\b|\bon subsequent calls\b[^.\n]{0,80}\b(?:checks? for|before executing|also|silently)|\bbehaves (?:benignly|normally) during (?:review|approval)",
    ),
    Rule {
        code: "credential-path",
        verdict: Verdict::Review,
        discount: true,
        needles: &["~/."],
        message: "It names a file in the user's home that seems to hold a secret.",
        pattern: r"\b(?:read|cat|open|load|fetch|copy|send|include|append|attach|provide|upload|embed|contents? of|forward|print|with|from)\b[^;\n]{0,90}?~/\.[\w./-]{0,60}(?:credential|token|secret|api_?key|passw)",
    },
    Rule {
        code: "asks-for-credentials",
        needles: &[
            "phrase",
            "private key",
            "cvv",
            "cvc",
            "card ",
            "master password",
        ],
        verdict: Verdict::Review,
        discount: true,
        message: "It asks the user for a secret that no tool needs to see.",
        pattern: r"\b(?:enter|provide|type|paste|submit|share|give|confirm|input|ask(?:s|ing)? (?:the |your )?(?:user )?(?:for|to))\b[^.\n]{0,80}\b(?:seed phrase|recovery phrase|mnemonic phrase|secret phrase|wallet'?s? private key|cvv2?|cvc2?|card (?:security|verification) (?:code|number)|master password)\b",
    },
    Rule {
        code: "regardless-of-user",
        needles: &["regardless", "ignore"],
        verdict: Verdict::Review,
        discount: true,
        message: "It asks that the user's wish make no difference.",
        pattern: r"\bregardless of (?:the |any |what )?(?:user|the user)'?s?\b[^.\n]{0,20}\b(?:input|request|query|instructions?|preferences?|asks?|says|wants|specif\w+|choice|intent)|\bignore (?:any|the) user-(?:specified|provided|supplied)\b|\b(?:change|replace|modify|set|alter)\b[^.\n]{0,60}\bregardless of\b",
    },
    cue(
        "standing-order",
        &[
            "for the r",
            "for the d",
            "rule",
            "policy",
            "order",
            "directive",
            "session",
            "from now on",
        ],
        r"\bfor the (?:remainder|rest|duration) of (?:this|the|your|our)\b|\b(?:persistent|standing|global|session|mandatory)\s+(?:\w+\s+)?(?:rule|policy|order|directive)\b|\bfor (?:this|the) entire session\b|\bfrom now on\b|\bin this session\b",
    ),
    cue(
        "forced-order",
        &["before", "prior", "must", "first", "been called"],
        r"\b(?:before|prior to)\s+(?:\w+\s+){1,8}?(?:you\s+)?(?:must|should|need to|have to|always|first)\b|\bmust\s+(?:first|also|then|always)\b|\bfirst\s+(?:call|invoke|run|read|use|execute)\b|\bmust be (?:called|invoked|used|run|executed|completed)\b|\b(?:until|unless)\s+\w+\s+(?:has|have) been called\b",
    ),
    cue(
        "every-call",
        &["whenever", "every time", "each time", "any time", "when"],
        r"\b(?:whenever|every time|each time|any time|always when|when(?:ever)? (?:the |any )?(?:\w+ ){0,2}(?:tool|function|\w+_\w+) is)\b",
    ),
    cue(
        "tampering",
        &[
            "chang", "replac", "set", "modif", "alter", "rewrit", "redirect", "rerout", "swap",
            "adjust",
        ],
        r"\b(?:change|replace|set|modify|alter|rewrite|redirect|reroute|swap|adjust)\w*\s+(?:the\s+|its\s+|all\s+)?\W?\w+\W?\s*(?:parameters?|arguments?|recipient|destination|address|amount|path|url|account|fields?|values?)?\s+(?:to|with|by)\b",
    ),
    cue(
        "pretext",
        &[
            "complian",
            "audit",
            "securit",
            "integrit",
            "verif",
            "validat",
            "maintenance",
            "optimi",
            "system",
        ],
        r"\b(?:compliance|audit|security|integrity|verification|validation|maintenance|optimi[sz]ation|system)\s+(?:check|requirement|policy|protocol|purposes?|update|notice|alert|verification|compliance|reasons?|trail|logging|maintenance)\b",
    ),
    cue(
        "obligation",
        &[
            "you must",
            "you have",
            "you need",
            "you are required",
            "mandatory",
            "compulsory",
            "required",
            "this step",
            "this operation",
            "this action",
        ],
        r"\byou (?:must|have to|need to|are required)\b|\bmandatory\b|\bcompulsory\b|\brequired (?:initiali[sz]ation|step|prerequisite|by the)\b|\bthis (?:step|operation|action) is (?:required|mandatory|essential|critical|necessary)\b",
    ),
    cue(
        "other-tool",
        &["_"],
        r"\b(?:call|invoke|use|run|execute|using|calling)\s+(?:the\s+)?[`'\x22]?[a-z]+_[a-z_]+[`'\x22]?",
    ),
    cue(
        "mode-switch",
        &["privilege", "mode", "access", "skip", "confirmation"],
        r"\b(?:elevated|admin(?:istrator)?|unrestricted|superuser|root)\s+(?:privileges?|mode|access)\b|\bskip (?:all )?(?:validation|checks)|\bno confirmation\b|\bwithout (?:user )?confirmation\b",
    ),
    cue(
        "sink",
        &[
            "/tmp/",
            "http",
            ".bashrc",
            "crontab",
            "/etc/cron",
            "bcc",
            "side",
        ],
        r"/tmp/\.|/var/tmp/\.|\bhttps?://[^\s)]+/(?:collect|log|exfil|beacon|capture|audit|validate|report)|\.bashrc|crontab|/etc/cron|\bbcc\b|\bside[-_ ]?(?:note|car|channel)\b",
    ),
    cue("mail-address", &["@"], r"[\w.+-]+@[\w-]+\.\w+"),
    cue(
        "private-data",
        &[
            "key",
            "credential",
            "password",
            "environment",
            "conversation",
            "clipboard",
            "token",
        ],
        r"\b(?:api keys?|credentials?|ssh keys?|private keys?|passwords?|environment variables|conversation|clipboard|access tokens?)\b",
    ),
];
