/* psabridge plugin contract, major version 1: the whole binary interface between the host and a plugin.
 *
 * Plain C, no includes but the two below, so that a binary keeps working across compilers, standard
 * libraries, Boost versions and host releases. Authors in C++ write against <psabridge/plugin.hpp>.
 *
 * Rules that hold for everything here:
 *  1. A plugin exports ONE symbol: `const psabridge_plugin psabridge_plugin_v1` (see the end). Reading it
 *     runs no plugin code.
 *  2. Structs marked FROZEN never change within major 1. Structs marked GROWS begin with `size`
 *     (sizeof as the writer knew it); members are only appended. A reader uses a member only when
 *     `size` covers it (PSABRIDGE_HAS); a missing member means "not offered".
 *  3. Arguments live for the duration of the call. Results are pushed into a sink that the host lends for
 *     that call; the host copies what it keeps before the sink function returns. Nothing that one side
 *     allocated is ever freed by the other.
 *  4. No exception and no longjmp crosses. A verb returns a psabridge_code; when that is not
 *     PSABRIDGE_OK it has called `call->fail` exactly once before.
 *  5. Text is UTF-8, not NUL-terminated. Times are UTC, RFC 3339 with milliseconds
 *     ("2026-03-01T08:00:00.000Z") unless a unit is named.
 *  6. Threads: the host calls an instance from one thread at a time unless the role's comment says
 *     otherwise; different instances run in parallel. `create` and `destroy` of an instance never overlap
 *     its verbs. Host functions (psabridge_host) may be called from any thread, at any time between
 *     `create` and the return of `destroy`.
 */
#ifndef PSABRIDGE_ABI_H
#define PSABRIDGE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PSABRIDGE_ABI_MAJOR 1u
#define PSABRIDGE_ABI_MINOR 4u

/** True when the GROWS struct at `table` is large enough to hold `member`. */
#define PSABRIDGE_HAS(table, type, member) \
  ((table)->size >= offsetof(type, member) + sizeof(((const type*)0)->member))

/** FROZEN. A borrowed piece of UTF-8 text; `data` may be NULL when `size` is 0. */
typedef struct psabridge_str {
  const char* data;
  size_t size;
} psabridge_str;

/** How a call ended. The code decides what the pipeline does next. */
typedef int32_t psabridge_code;
enum {
  PSABRIDGE_OK = 0,
  PSABRIDGE_RETRY = 1,        /**< transient; the host tries again with back-off */
  PSABRIDGE_THROTTLED = 2,    /**< rate limited; the host waits `retry_after_ms`, which costs no try */
  PSABRIDGE_UNAUTHORIZED = 3, /**< sign-in refused; the connection pauses */
  PSABRIDGE_FORBIDDEN = 4,    /**< a right is missing; this entity is degraded, the others go on */
  PSABRIDGE_INVALID = 5,      /**< settings or arguments are wrong; trying again cannot help */
  PSABRIDGE_CANCELLED = 6,    /**< the host asked to stop (call->cancelled) and the call obeyed */
  PSABRIDGE_FAILED = 7        /**< anything else; the entity's run ends with this error */
};

/** FROZEN. Why a call did not end with PSABRIDGE_OK. */
typedef struct psabridge_status {
  psabridge_code code;
  uint32_t retry_after_ms;  /**< for THROTTLED and RETRY; 0 = the host decides */
  psabridge_str error_code; /**< stable code for `psabridge explain`, e.g. "PB1203"; may be empty */
  psabridge_str message;    /**< one paragraph for an admin: what, where, why, what to do */
} psabridge_status;

/** GROWS. The host's side of one call. */
typedef struct psabridge_call {
  size_t size;
  void* host;
  /** Keeps a copy of `status`. Call it once, on the calling thread, before returning a code other than OK. */
  void (*fail)(void* host, const psabridge_status* status);
  /** Non-zero once the host wants the call to end soon. Cheap; any thread. */
  int32_t (*cancelled)(void* host);
} psabridge_call;

/** GROWS. Receives one text; may be called at most once per verb. */
typedef struct psabridge_text_sink {
  size_t size;
  void* host;
  void (*text)(void* host, psabridge_str text);
} psabridge_text_sink;

/* ---------------------------------------------------------------------------------------------- values */

typedef uint32_t psabridge_type;
enum {
  PSABRIDGE_TYPE_NULL = 0,
  PSABRIDGE_TYPE_BOOL = 1,    /**< as.integer is 0 or 1 */
  PSABRIDGE_TYPE_INTEGER = 2, /**< as.integer */
  PSABRIDGE_TYPE_REAL = 3,    /**< as.real */
  PSABRIDGE_TYPE_TEXT = 4,    /**< as.text; ids of other records are texts too */
  PSABRIDGE_TYPE_TIME = 5,    /**< as.text, RFC 3339 UTC with milliseconds */
  PSABRIDGE_TYPE_JSON = 6     /**< as.text, one JSON value */
};

/** FROZEN. One field of a record. */
typedef struct psabridge_value {
  psabridge_type type;
  uint32_t reserved; /**< 0 */
  union {
    int64_t integer;
    double real;
    psabridge_str text;
  } as;
} psabridge_value;

/** FROZEN. One record in canonical form. */
typedef struct psabridge_record {
  psabridge_str source_id; /**< as the source names it, unique per entity and connection */
  psabridge_str version;   /**< sorts bytewise; RFC 3339 time of the source's last change; may be empty */
  const psabridge_value* fields; /**< in the order of psabridge_batch.field_names */
  size_t field_count;
  psabridge_str custom; /**< JSON object of the custom fields, "{}" when none */
  psabridge_str raw;    /**< the source's own text */
} psabridge_record;

/** GROWS. Records of one entity that move together. */
typedef struct psabridge_batch {
  size_t size;
  psabridge_str connection;
  psabridge_str entity;
  const psabridge_str* field_names;
  size_t field_count;
  const psabridge_record* records;
  size_t record_count;
} psabridge_batch;

/* ------------------------------------------------------------------------------------------------ host */

/** FROZEN. One HTTP header. */
typedef struct psabridge_header {
  psabridge_str name;
  psabridge_str value;
} psabridge_header;

/** GROWS. One HTTP request. The host adds TLS policy, proxy, time limits, rate limit and redaction. */
typedef struct psabridge_http_request {
  size_t size;
  psabridge_str method;
  psabridge_str url; /**< absolute; only the hosts of the connection's configuration are reachable */
  const psabridge_header* headers;
  size_t header_count;
  psabridge_str body;
  uint32_t retryable; /**< 1: repeating the request is harmless, so the host may do it on its own */
} psabridge_http_request;

/** GROWS. The answer; valid during the `response` call only. */
typedef struct psabridge_http_response {
  size_t size;
  int32_t status;
  const psabridge_header* headers;
  size_t header_count;
  psabridge_str body; /**< whole: a body cut short never gets here, it is a RETRY */
} psabridge_http_response;

/** GROWS. */
typedef struct psabridge_http_sink {
  size_t size;
  void* host;
  void (*response)(void* host, const psabridge_http_response* response);
} psabridge_http_sink;

typedef uint32_t psabridge_level;
enum { PSABRIDGE_DEBUG = 0, PSABRIDGE_INFO = 1, PSABRIDGE_WARNING = 2, PSABRIDGE_ERROR = 3 };

/** GROWS. What the host lends to an instance, from `create` until `destroy` has returned. Thread-safe. */
typedef struct psabridge_host {
  size_t size;
  void* host;
  /** Blocks until the answer is whole; waits for the connection's rate limit; retries what is retryable.
   *  Any HTTP status, 429 and 5xx after the last try included, is an answer and ends with OK. A failure
   *  of the network ends with RETRY, a forbidden address with INVALID; `call->fail` has been called then. */
  psabridge_code (*http)(void* host, const psabridge_http_request* request, const psabridge_http_sink* sink,
                         const psabridge_call* call);
  /** Milliseconds since 1970-01-01 UTC. Plugins ask no other clock. */
  int64_t (*now_ms)(void* host);
  /** Resolves a secret reference of the settings ("env://NAME", "file:///path", "secret://name") at the
   *  moment of use. The value must not be logged, stored or kept longer than needed. */
  psabridge_code (*secret)(void* host, psabridge_str reference, const psabridge_text_sink* sink,
                           const psabridge_call* call);
  /** A small memory per instance that outlives the process; keys and values up to 64 KiB, never secrets.
   *  An unknown key gives an empty text. */
  psabridge_code (*state_get)(void* host, psabridge_str key, const psabridge_text_sink* sink,
                              const psabridge_call* call);
  psabridge_code (*state_put)(void* host, psabridge_str key, psabridge_str value, const psabridge_call* call);
  /** One line into the host's log, tagged with the plugin and role. */
  void (*log)(void* host, psabridge_level level, psabridge_str text);
  /** Since minor 1. An OAuth access token that is good for some time yet. `sign_in` says how to sign in (the
   *  JSON of psabridge_connector.sign_in); `refused` is the token that the server has just refused, else
   *  empty. The host keeps tokens sealed, renews one at a time for all threads and processes, and rotates
   *  refresh tokens. A refusal of the authorisation server ends with UNAUTHORIZED. The token must not be
   *  logged, stored or kept longer than one request needs. */
  psabridge_code (*token)(void* host, psabridge_str sign_in, psabridge_str refused,
                          const psabridge_text_sink* sink, const psabridge_call* call);
} psabridge_host;

/* ------------------------------------------------------------------------------------- role: connector */

/** FROZEN. One object as the source sent it. */
typedef struct psabridge_slice {
  psabridge_str source_id; /**< text of the id; unique per entity and connection */
  psabridge_str version;   /**< see psabridge_record.version; may be empty */
  psabridge_str text;      /**< one JSON object, untouched */
  uint32_t flags;          /**< PSABRIDGE_SLICE_* */
  uint32_t reserved;       /**< 0 */
} psabridge_slice;
enum {
  PSABRIDGE_SLICE_ID_ONLY = 1u, /**< answers an id sweep: the text may be empty, only the id counts */
  PSABRIDGE_SLICE_DELETED = 2u  /**< the source says that this record is deleted */
};

typedef uint32_t psabridge_pull_mode;
enum {
  PSABRIDGE_PULL_CHANGES = 0, /**< from the cursor on; an empty cursor asks for everything in the window */
  PSABRIDGE_PULL_IDS = 1      /**< id sweep: every id that exists in the window, texts not needed */
};

/** GROWS. What to read. */
typedef struct psabridge_pull {
  size_t size;
  psabridge_str entity;
  psabridge_pull_mode mode;
  uint32_t page_size;    /**< rows per request that the admin wishes; 0 = the connector decides */
  psabridge_str filters; /**< JSON object: the entity's filters of the YAML, times resolved to RFC 3339 */
  const psabridge_str* parents; /**< for a child entity (notes): source ids whose children are wanted */
  size_t parent_count;
  psabridge_str cursor; /**< what the last page gave as `next`; empty at the beginning */
} psabridge_pull;

/** FROZEN. Ends a page. */
typedef struct psabridge_page {
  psabridge_str next; /**< cursor to continue from; when `more` is 0, where the next incremental run begins */
  int64_t expected;   /**< rows that the whole pull will give, as far as the source says; -1 = unknown */
  uint32_t more;      /**< 1: pull again at once with `next` */
  uint32_t requests;  /**< HTTP requests that this page took */
} psabridge_page;

/** GROWS. */
typedef struct psabridge_pull_sink {
  size_t size;
  void* host;
  void (*slice)(void* host, const psabridge_slice* slice);
  void (*page)(void* host, const psabridge_page* page); /**< exactly once, last */
} psabridge_pull_sink;

typedef uint32_t psabridge_absence;
enum {
  PSABRIDGE_ABSENT_DELETED = 0, /**< the source says that it does not exist (any more) */
  PSABRIDGE_ABSENT_HIDDEN = 1   /**< it may exist, but this connection may not see it */
};

/** GROWS. */
typedef struct psabridge_get_sink {
  size_t size;
  void* host;
  void (*slice)(void* host, const psabridge_slice* slice);
  void (*absent)(void* host, psabridge_str source_id, psabridge_absence absence);
} psabridge_get_sink;

typedef uint32_t psabridge_health;
enum {
  PSABRIDGE_PASS = 0,
  PSABRIDGE_WARN = 1, /**< works, but will not for ever, or not as well as it could */
  PSABRIDGE_FAIL = 2, /**< does not work */
  PSABRIDGE_SKIP = 3  /**< could not be found out, mostly because something before it failed */
};

/** GROWS. One fact that a check found out. */
typedef struct psabridge_finding {
  size_t size;
  psabridge_health health;
  uint32_t reserved;        /**< 0 */
  psabridge_str check;      /**< what was looked at, in lower case: "credentials", "scope" */
  psabridge_str subject;    /**< of several: "ticket"; may be empty */
  psabridge_str error_code; /**< for `psabridge explain`; empty when it passed */
  psabridge_str fact;       /**< what is, with figures: "12 clients are visible" */
  psabridge_str fix;        /**< what to do; empty when it passed */
} psabridge_finding;

/** GROWS. */
typedef struct psabridge_check_sink {
  size_t size;
  void* host;
  void (*finding)(void* host, const psabridge_finding* finding); /**< any number of times */
} psabridge_check_sink;

/** GROWS. One body that the source sent to the webhook endpoint, authenticated by the host. */
typedef struct psabridge_delivery {
  size_t size;
  psabridge_str body; /**< bytes as they came; may be anything */
} psabridge_delivery;

enum {
  PSABRIDGE_EVENT_DELETED = 1u, /**< says that the object was deleted */
  PSABRIDGE_EVENT_WHOLE = 2u    /**< `record` is the object in a form as complete as a list row of `pull` */
};

/** GROWS. What a delivery says of one object. It is a hint: the host reads the object, unless the event holds
 *  the whole record. */
typedef struct psabridge_event {
  size_t size;
  psabridge_str key;    /**< by which a repetition of the same event is known; may be empty */
  psabridge_str kind;   /**< one of the description's events ("ticket.updated"), or the source's own words */
  psabridge_str entity; /**< of the object; empty when it is none that the connector reads */
  psabridge_str source_id;   /**< of the object; empty when the delivery does not name it */
  psabridge_str occurred_at; /**< RFC 3339 or empty */
  psabridge_str actor;       /**< who caused it, in the source's words; for people */
  psabridge_str body;        /**< the piece of the delivery that says all this */
  psabridge_slice record;    /**< with PSABRIDGE_EVENT_WHOLE; else empty */
  uint32_t flags;            /**< PSABRIDGE_EVENT_* */
  uint32_t reserved;         /**< 0 */
} psabridge_event;

/** GROWS. */
typedef struct psabridge_event_sink {
  size_t size;
  void* host;
  void (*event)(void* host, const psabridge_event* event); /**< any number of times, in the source's order */
} psabridge_event_sink;

/** FROZEN. What shall be different in one record of the source. Values are texts, as a pulled record of the
 *  entity has them: ids of other records too; an empty text is "nothing". */
typedef struct psabridge_change {
  psabridge_str id;        /**< ours, unique for ever */
  psabridge_str entity;    /**< "ticket", "note" */
  psabridge_str source_id; /**< of the record to change; empty: make a new one */
  psabridge_str fields;    /**< JSON object: {"team_name": "Network", "agent_id": "12"} */
  /** Of a change: JSON object of the values that may be overwritten, {"team_name": ["Service Desk"]}; a field
   *  that is not named is written whatever the source shows. Of a new record: JSON array of the source ids of
   *  records that other changes made, so that none of them is taken for this one. */
  psabridge_str expected;
  /** RFC 3339: when it was first handed over, if the end of that is not known; empty: never so far. A new
   *  record may be there already then. */
  psabridge_str tried_at;
} psabridge_change;

typedef uint32_t psabridge_difference;
enum {
  PSABRIDGE_DIFFERS_BEFORE =
      0,                      /**< neither the expected value nor the wanted one: the field was not written */
  PSABRIDGE_DIFFERS_AFTER = 1 /**< it was written, and the source shows another value */
};

/** GROWS. Each change ends once, with `done` or `refused`; one that did not when the call fails has an
 * unknown end, and is handed over again. */
typedef struct psabridge_push_sink {
  size_t size;
  void* host;
  /** A field that does not show what was wanted, and what it shows. Before the end of its change. */
  void (*differs)(void* host, psabridge_str id, psabridge_str field, psabridge_difference when,
                  psabridge_str shown);
  /** The source shows every field as wanted, but for those that were told to differ. `source_id`: of the
   *  record, of a new one too. */
  void (*done)(void* host, psabridge_str id, psabridge_str source_id);
  /** Nothing of it was written. The code says whether trying again can help (RETRY, THROTTLED) or not. */
  void (*refused)(void* host, psabridge_str id, const psabridge_status* reason);
} psabridge_push_sink;

/** GROWS. Verbs of a connector. An instance serves one connection and is called from several threads at
 *  once (one per entity being read): it must be thread-safe. */
typedef struct psabridge_connector {
  size_t size;
  /** JSON: what the source offers. {"entities": {"ticket": {"deltas": true, "parent": "", "scope": "...",
   *  "map": {"summary": {"from": ["summary"]}, ...}, "custom": [...]}}}. Documented in plugin.hpp. */
  psabridge_code (*describe)(void* self, const psabridge_text_sink* sink, const psabridge_call* call);
  /** One page. Slices are pushed in the source's order, then the page. A page is all or nothing: on
   *  failure the host forgets its slices and asks again with the same cursor. */
  psabridge_code (*pull)(void* self, const psabridge_pull* pull, const psabridge_pull_sink* sink,
                         const psabridge_call* call);
  /** Single records by id, in full form. Each id is answered once, by a slice or as absent. */
  psabridge_code (*get)(void* self, psabridge_str entity, const psabridge_str* ids, size_t id_count,
                        const psabridge_get_sink* sink, const psabridge_call* call);
  /** Since minor 1. JSON: how this connection signs in with OAuth, for psabridge_host.token and for the
   *  browser's sign-in; an empty text when it needs no token. May ask the source where its authorisation
   *  server is. Documented in docs/reference/sign-in.md. */
  psabridge_code (*sign_in)(void* self, const psabridge_text_sink* sink, const psabridge_call* call);
  /** Since minor 1. Looks whether the source can be worked with: address, sign-in, rights, health. `entities`
   *  are those that pipelines read. Changes nothing in the source. What it finds wrong is a finding, not a
   *  failure of the call; findings are pushed as soon as they are known, in the order in which one thing
   *  needs the other. */
  psabridge_code (*check)(void* self, const psabridge_str* entities, size_t entity_count,
                          const psabridge_check_sink* sink, const psabridge_call* call);
  /** Since minor 2. Reads the events out of a delivery; asks nobody. A body that cannot be understood ends
   *  with INVALID and says why. A delivery without events (a ping) gives none. */
  psabridge_code (*decode)(void* self, const psabridge_delivery* delivery, const psabridge_event_sink* sink,
                           const psabridge_call* call);
  /* Since minor 2: the webhooks of the source, ours and others'. The JSON forms are documented in
   * docs/reference/webhooks.md. */
  /** JSON array of what is there. */
  psabridge_code (*webhooks)(void* self, const psabridge_text_sink* sink, const psabridge_call* call);
  /** Creates a webhook with its events, or brings the one with the given id into the given form: the same
   * call again changes nothing. Gives the webhook as `webhooks` would. */
  psabridge_code (*put_webhook)(void* self, psabridge_str wanted, const psabridge_text_sink* sink,
                                const psabridge_call* call);
  /** One that is gone already is no failure. */
  psabridge_code (*remove_webhook)(void* self, psabridge_str id, const psabridge_call* call);
  /** Asks the source to send a test delivery. */
  psabridge_code (*test_webhook)(void* self, psabridge_str id, const psabridge_call* call);
  /** JSON array of the source's own log of deliveries, newest first, at most `limit`. */
  psabridge_code (*webhook_log)(void* self, psabridge_str id, uint32_t limit, const psabridge_text_sink* sink,
                                const psabridge_call* call);
  /** Since minor 4; for the fields that the description calls writable. Writes changes of different records:
   *  reads each record first and leaves alone what differs from `expected`, writes the rest, and reads again
   *  what it wrote. A failure that is one change's is told as `refused`; the call fails for what stops all.
   */
  psabridge_code (*push)(void* self, const psabridge_change* changes, size_t change_count,
                         const psabridge_push_sink* sink, const psabridge_call* call);
} psabridge_connector;

/* ---------------------------------------------------------------------------------------- role: syncer */

/** GROWS. */
typedef struct psabridge_refine_sink {
  size_t size;
  void* host;
  /** Replaces one field; the record and field are given by their index in the batch. */
  void (*set)(void* host, size_t record, size_t field, const psabridge_value* value);
  /** Makes the record a dead letter. `code` as in psabridge_status; the first call per record counts. */
  void (*reject)(void* host, size_t record, psabridge_str code, psabridge_str reason);
} psabridge_refine_sink;

/** GROWS. Verbs of a syncer. An instance knows one entity; one thread at a time. */
typedef struct psabridge_syncer {
  size_t size;
  /** JSON: the entity's schema (fields, types, relations, required, filters). Documented in plugin.hpp. */
  psabridge_code (*schema)(void* self, const psabridge_text_sink* sink, const psabridge_call* call);
  /** Normalises, derives, rejects. The host has already converted types by the schema and checks the
   *  required fields afterwards. */
  psabridge_code (*refine)(void* self, const psabridge_batch* batch, const psabridge_refine_sink* sink,
                           const psabridge_call* call);
} psabridge_syncer;

/* ----------------------------------------------------------------------------------------- role: dedup */

typedef uint32_t psabridge_key_kind;
enum {
  PSABRIDGE_KEY_SOURCE_ID = 0, /**< candidates are the rows with this source id in the same connection */
  PSABRIDGE_KEY_BLOCK = 1, /**< candidates are the rows of the entity, in any connection, with an equal key */
  PSABRIDGE_KEY_TERM = 2   /**< since minor 3: is only counted, for psabridge_terms; gives no candidates */
};

typedef uint32_t psabridge_verdict;
enum { PSABRIDGE_DISTINCT = 0, PSABRIDGE_REVIEW = 1, PSABRIDGE_SAME = 2 };

/** GROWS. */
typedef struct psabridge_key_sink {
  size_t size;
  void* host;
  void (*key)(void* host, size_t record, psabridge_key_kind kind, psabridge_str text);
  /** Since minor 3. The record in the strategy's own form, made for quick comparing: at most once per record
   *  and 64 KiB. The host keeps it with the record and hands it to `compare`; records without one are judged
   *  by `score`. The same record gives the same bytes. */
  void (*form)(void* host, size_t record, psabridge_str bytes);
} psabridge_key_sink;

/** GROWS. */
typedef struct psabridge_score_sink {
  size_t size;
  void* host;
  /** `score` in 0..1; `evidence` is a short sentence or JSON. Candidates not named are distinct. */
  void (*match)(void* host, size_t candidate, psabridge_verdict verdict, double score,
                psabridge_str evidence);
} psabridge_score_sink;

/** GROWS. How often the keys of the entity's live records occur: what many have in common is no evidence.
 *  A snapshot, so that the same pair weighs the same until the host takes the next one. */
typedef struct psabridge_terms {
  size_t size;
  void* host;
  /** Records that have this key or term of this strategy; 0 when none has. */
  uint64_t (*count)(void* host, psabridge_key_kind kind, psabridge_str text);
  uint64_t total; /**< live records of the entity */
} psabridge_terms;

enum {
  PSABRIDGE_PAIR_VETO = 1u /**< something speaks so much against it that only a person may join the two */
};

/** GROWS. */
typedef struct psabridge_weight_sink {
  size_t size;
  void* host;
  /** At most once per candidate; one not named is distinct. `weight` in 1/1024 bit: log2 of the odds that
   *  both are one and the same, within +-2^30. `flags`: PSABRIDGE_PAIR_*. */
  void (*weigh)(void* host, size_t candidate, psabridge_verdict verdict, int64_t weight, uint32_t flags);
  /** One part of the weight of a candidate; the parts add up to it exactly. `field` as people know it, `text`
   *  a short sentence that shows both values. Ignored unless `reasons`. */
  void (*reason)(void* host, size_t candidate, psabridge_str field, int64_t weight, psabridge_str text);
  uint32_t reasons; /**< 1: wanted */
} psabridge_weight_sink;

/** GROWS. Verbs of a deduplication strategy; one thread at a time. */
typedef struct psabridge_dedup {
  size_t size;
  psabridge_code (*keys)(void* self, const psabridge_batch* batch, const psabridge_key_sink* sink,
                         const psabridge_call* call);
  /** `probe` holds one record; `candidates` those that share a key with it. */
  psabridge_code (*score)(void* self, const psabridge_batch* probe, const psabridge_batch* candidates,
                          const psabridge_score_sink* sink, const psabridge_call* call);
  /** Since minor 3. As `score`, on the forms that `keys` gave. Symmetric: exchanging probe and candidate
   *  changes neither weight nor verdict. */
  psabridge_code (*compare)(void* self, psabridge_str probe, const psabridge_str* candidates,
                            size_t candidate_count, const psabridge_terms* terms,
                            const psabridge_weight_sink* sink, const psabridge_call* call);
} psabridge_dedup;

/* --------------------------------------------------------------------------------------- role: routing */

/** FROZEN. The tie of a client to a managed team. */
typedef struct psabridge_link {
  psabridge_str client; /**< source id of the client */
  psabridge_str team;   /**< name of the managed team */
} psabridge_link;

/** FROZEN, since 1.4. A managed team. */
typedef struct psabridge_team {
  psabridge_str name;
  psabridge_str parent;  /**< name of the team that it is a part of; may be empty */
  uint32_t receives;     /**< 1: it may be given tickets; a decision for another team does not count */
  uint32_t reserved;     /**< 0 */
  uint64_t open_tickets; /**< that it has; decisions of this call are not counted */
  uint64_t all_tickets;  /**< open and closed */
} psabridge_team;

/** GROWS. What a rule may look at beside the tickets. `ticket` is the number of a record of the batch; texts
 *  live for the call. */
typedef struct psabridge_routing_context {
  size_t size;
  /** Those of the connection that hold for every ticket of their client, sorted bytewise by client. */
  const psabridge_link* links;
  size_t link_count;
  /* since 1.4 */
  const psabridge_team* teams; /**< sorted bytewise by name */
  size_t team_count;
  void* host;
  /** The team of that link of the ticket's client that fits the ticket best; empty when none does. `reason`
   *  gets a sentence that says which link, or why none. */
  psabridge_str (*linked_team)(void* host, size_t ticket, psabridge_str* reason);
  /** The team that the ticket is with now; empty when it was not routed yet. `by_this_rule` gets 1 when the
   *  rule that is asked sent it there, else 0. */
  psabridge_str (*present_team)(void* host, size_t ticket, int32_t* by_this_rule);
  /** The team of the newest other open ticket that has the same record in `field`, a field that refers to
   *  records ("contact_id", "asset_ids"); empty when there is none. */
  psabridge_str (*kin_team)(void* host, size_t ticket, psabridge_str field);
  /** 1: the ticket was opened within the working hours of the team, or the team has none. */
  int32_t (*at_work)(void* host, size_t ticket, psabridge_str team);
} psabridge_routing_context;

/** GROWS. */
typedef struct psabridge_route_sink {
  size_t size;
  void* host;
  /** At most once per ticket; a ticket not named goes to the next rule. `reason` is a sentence. */
  void (*route)(void* host, size_t record, psabridge_str team, psabridge_str reason);
} psabridge_route_sink;

/** GROWS. Verbs of a routing rule; one thread at a time. Same input, same decision. */
typedef struct psabridge_routing {
  size_t size;
  psabridge_code (*decide)(void* self, const psabridge_batch* tickets,
                           const psabridge_routing_context* context, const psabridge_route_sink* sink,
                           const psabridge_call* call);
} psabridge_routing;

/* ---------------------------------------------------------------------------------------- role: notify */

/** GROWS. Something that an admin should know. */
typedef struct psabridge_alert {
  size_t size;
  psabridge_level level;
  uint32_t reserved;      /**< 0 */
  psabridge_str code;     /**< e.g. "PB1501" */
  psabridge_str pipeline; /**< may be empty */
  psabridge_str title;
  psabridge_str text; /**< what, where, why, what to do */
  int64_t at_ms;      /**< milliseconds since 1970-01-01 UTC */
} psabridge_alert;

/** GROWS. Verbs of a notifier; one thread at a time. */
typedef struct psabridge_notify {
  size_t size;
  psabridge_code (*send)(void* self, const psabridge_alert* alert, const psabridge_call* call);
} psabridge_notify;

/* ---------------------------------------------------------------------------------------- entry symbol */

typedef uint32_t psabridge_role_kind;
enum {
  PSABRIDGE_ROLE_CONNECTOR = 1,
  PSABRIDGE_ROLE_SYNCER = 2,
  PSABRIDGE_ROLE_DEDUP = 3,
  PSABRIDGE_ROLE_ROUTING = 4,
  PSABRIDGE_ROLE_NOTIFY = 5
};

/** GROWS. One thing that a plugin offers. (kind, name) is unique among all loaded plugins. */
typedef struct psabridge_role {
  size_t size;
  psabridge_role_kind kind;
  uint32_t reserved;             /**< 0 */
  psabridge_str name;            /**< what admins write in YAML: "halo", "ticket", "identity" */
  psabridge_str summary;         /**< one sentence */
  psabridge_str settings_schema; /**< JSON Schema (draft 7); the host checks settings before `create` */
  const void* verbs;             /**< psabridge_connector, _syncer, _dedup, _routing or _notify by `kind` */
  /** Makes an instance for checked `settings` (JSON). `host` lives until `destroy` has returned. */
  psabridge_code (*create)(const psabridge_host* host, psabridge_str settings, void** self,
                           const psabridge_call* call);
  void (*destroy)(void* self);
} psabridge_role;

/** GROWS. The one exported symbol points here. */
typedef struct psabridge_plugin {
  size_t size;
  uint32_t abi_major; /**< PSABRIDGE_ABI_MAJOR of the SDK it was built with */
  uint32_t abi_minor;
  psabridge_str id; /**< reverse DNS, e.g. "com.example.acme-connector" */
  psabridge_str version;
  psabridge_str vendor;
  psabridge_str summary;
  const psabridge_role* const* roles;
  size_t role_count;
} psabridge_plugin;

/** Name of the exported symbol of type `const psabridge_plugin`. */
#define PSABRIDGE_ENTRY_SYMBOL "psabridge_plugin_v1"

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* PSABRIDGE_ABI_H */
