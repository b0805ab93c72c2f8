// What a plugin author writes against: classes over the C contract of <psabridge/abi.h>. Header-only C++20,
// standard library only.
//
//   class Keyword : public psabridge::sdk::RoutingRule {
//    public:
//     Keyword(psabridge::sdk::Host& host, std::string_view settings_json);
//     void decide(const psabridge::sdk::Batch& tickets, const psabridge::sdk::RoutingContext& context,
//                 psabridge::sdk::Routes& routes) override {
//       for (const psabridge::sdk::Record ticket : tickets)
//         if (ticket.text("summary").find(word_) != std::string_view::npos)
//           routes.route(ticket, team_, "The summary holds the word " + word_);
//     }
//   };
//   PSABRIDGE_PLUGIN("com.example.keyword", "1.0.0", "Example Ltd", "Routes by a word in the summary",
//                    psabridge::sdk::routing<Keyword>("keyword", "Routes by a word", kSettingsSchema));
//
// A role's class is constructed with (Host&, std::string_view settings_json) or, when it needs neither,
// without arguments. The settings have passed the role's JSON Schema. A verb that cannot do its work throws
// Failure; any other exception is reported too, as a failure with no advice, so nothing ever crosses into the
// host.
//
// Lifetimes: views that a verb is given live until it returns; the Host lives longer than the role object.
// What is passed to a sink (Page, Refinements, Routes ...) is copied before the sink's function returns.
// Threads: a Connector is called by several threads at once; every other role by one thread at a time. Host
// is thread-safe.
#pragma once
#include <psabridge/abi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <psabridge/failure.hpp>
#include <psabridge/json.hpp>
#include <psabridge/webhook.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace psabridge::sdk {

namespace detail {

constexpr std::string_view view(psabridge_str text) noexcept {
  return text.data ? std::string_view(text.data, text.size) : std::string_view();
}
constexpr psabridge_str borrow(std::string_view text) noexcept { return {text.data(), text.size()}; }

inline std::vector<std::string_view> views(const psabridge_str* texts, std::size_t count) {
  std::vector<std::string_view> result(count);
  std::transform(texts, texts + count, result.begin(), view);
  return result;
}

/// The verb that this thread is in; null outside of verbs (threads that the plugin started itself).
inline thread_local const psabridge_call* current_call = nullptr;

class CallScope {
 public:
  explicit CallScope(const psabridge_call* call) noexcept : outer_(std::exchange(current_call, call)) {}
  ~CallScope() { current_call = outer_; }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  const psabridge_call* outer_;
};

inline bool stop_wanted() noexcept {
  return current_call && current_call->cancelled(current_call->host) != 0;
}

inline psabridge_code report(const psabridge_call* call, const psabridge_status& status) noexcept {
  call->fail(call->host, &status);
  return status.code;
}

inline std::uint32_t milliseconds(std::chrono::milliseconds span) noexcept {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(span.count(), 0, UINT32_MAX));
}

/// Views the failure.
inline psabridge_status plain(const Failure& failure) noexcept {
  return {static_cast<psabridge_code>(failure.outcome()), milliseconds(failure.retry_after()),
          borrow(failure.error_code()), borrow(failure.what())};
}

/// Runs a verb's body and turns whatever it throws into a status.
template <class Body>
psabridge_code guarded(const psabridge_call* call, Body&& body) noexcept {
  const CallScope scope(call);
  try {
    body();
    return PSABRIDGE_OK;
  } catch (const Failure& failure) {
    return report(call, plain(failure));
  } catch (const std::bad_alloc&) {
    return report(call, {PSABRIDGE_FAILED, 0, {}, borrow("The machine is out of memory.")});
  } catch (const std::exception& error) {
    return report(call, {PSABRIDGE_FAILED, 0, {}, borrow(error.what())});
  } catch (...) {
    return report(call, {PSABRIDGE_FAILED, 0, {}, borrow("An exception of unknown type was thrown.")});
  }
}

/// One call into the host: keeps its answer or its failure, and throws the failure on this side of the
/// boundary.
template <class Answer>
class HostCall {
 public:
  const psabridge_call* call() const noexcept { return &call_; }
  Answer finish(psabridge_code code) {
    if (failure_) std::rethrow_exception(failure_);
    if (code != PSABRIDGE_OK) throw Failure(outcome(code), "The host refused a call and gave no reason.");
    return std::move(answer_);
  }
  /// Runs `take(answer)` inside a sink function, where nothing may be thrown.
  template <class Take>
  void receive(Take&& take) noexcept {
    keeping_exception([&] { take(answer_); });
  }

 private:
  static Outcome outcome(psabridge_code code) noexcept {
    return code > PSABRIDGE_OK && code < PSABRIDGE_FAILED ? static_cast<Outcome>(code) : Outcome::failed;
  }
  template <class Action>
  void keeping_exception(Action&& action) noexcept {
    try {
      action();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
  static void fail(void* self, const psabridge_status* status) noexcept {
    static_cast<HostCall*>(self)->keeping_exception([&] {
      throw Failure(outcome(status->code), std::string(view(status->message)),
                    std::string(view(status->error_code)), std::chrono::milliseconds(status->retry_after_ms));
    });
  }
  static std::int32_t cancelled(void*) noexcept { return stop_wanted() ? 1 : 0; }

  psabridge_call call_{sizeof(psabridge_call), this, &fail, &cancelled};
  Answer answer_{};
  std::exception_ptr failure_;
};

}  // namespace detail

// --- host ---

enum class Level : psabridge_level {
  debug = PSABRIDGE_DEBUG,
  info = PSABRIDGE_INFO,
  warning = PSABRIDGE_WARNING,
  error = PSABRIDGE_ERROR
};

struct HttpHeader {
  std::string name, value;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< absolute; only hosts that the connection's configuration names are reachable
  std::vector<HttpHeader> headers = {};
  std::string body = {};
  bool retryable = true;  ///< repeating it is harmless, so the host may do so by itself; set false for what
                          ///< changes something
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;  ///< whole

  /// The first header of that name (ASCII case ignored), or empty.
  std::string_view header(std::string_view name) const noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    const auto same = [&](char a, char b) { return lower(a) == lower(b); };
    for (const HttpHeader& header : headers)
      if (std::equal(header.name.begin(), header.name.end(), name.begin(), name.end(), same))
        return header.value;
    return {};
  }
};

/// What the host lends to a role object, for as long as that object lives. Thread-safe. Every function may
/// throw Failure.
class Host {
 public:
  explicit Host(const psabridge_host* host) noexcept : host_(host) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Any HTTP status is an answer; the host waits for the rate limit and retries before it gives a 429 or 5xx
  /// to the caller. Throws Failure when there is no answer at all or the address is not allowed: let it pass.
  HttpResponse http(const HttpRequest& request) const;
  /// The host's clock; plugins ask no other.
  std::chrono::sys_time<std::chrono::milliseconds> now() const {
    return std::chrono::sys_time<std::chrono::milliseconds>(
        std::chrono::milliseconds(host_->now_ms(host_->host)));
  }
  /// The secret behind a reference of the settings ("secret://name"). Never log or store it.
  std::string secret(std::string_view reference) const {
    return ask_text([&](const auto* sink, const auto* call) {
      return host_->secret(host_->host, detail::borrow(reference), sink, call);
    });
  }
  /// An OAuth access token for this connection. `sign_in` is what Connector::sign_in gives; `refused` the
  /// token that the server has just refused, so that another one is got. Use it for one request and forget
  /// it. Throws Failure(unauthorized) when the authorisation server refuses, Failure(invalid) on a host that
  /// is older than contract 1.1.
  std::string token(std::string_view sign_in, std::string_view refused = {}) const {
    if (!PSABRIDGE_HAS(host_, psabridge_host, token))
      throw Failure(Outcome::invalid, "This host keeps no tokens: it is older than plugin contract 1.1.");
    return ask_text([&](const auto* sink, const auto* call) {
      return host_->token(host_->host, detail::borrow(sign_in), detail::borrow(refused), sink, call);
    });
  }
  /// A small memory that outlives the process; an unknown key gives an empty text.
  std::string state(std::string_view key) const {
    return ask_text([&](const auto* sink, const auto* call) {
      return host_->state_get(host_->host, detail::borrow(key), sink, call);
    });
  }
  /// Keys and values up to 64 KiB, never secrets.
  void set_state(std::string_view key, std::string_view value) const {
    detail::HostCall<std::string> asked;
    asked.finish(host_->state_put(host_->host, detail::borrow(key), detail::borrow(value), asked.call()));
  }
  /// One line into the host's log, tagged with plugin and role.
  void log(Level level, std::string_view text) const noexcept {
    host_->log(host_->host, static_cast<psabridge_level>(level), detail::borrow(text));
  }
  /// True once the host wants the verb that this thread is in to end soon. Cheap; ask it in loops.
  static bool cancelled() noexcept { return detail::stop_wanted(); }
  /// Throws Failure(cancelled) when cancelled().
  static void stop_if_cancelled() {
    if (cancelled()) throw Failure(Outcome::cancelled, "Stopped on request.");
  }

 private:
  template <class Ask>
  static std::string ask_text(Ask&& ask) {
    using Asked = detail::HostCall<std::string>;
    Asked asked;
    const psabridge_text_sink sink{
        sizeof sink, &asked, [](void* self, psabridge_str text) noexcept {
          static_cast<Asked*>(self)->receive([&](auto& kept) { kept = detail::view(text); });
        }};
    return asked.finish(ask(&sink, asked.call()));
  }

  const psabridge_host* host_;
};

namespace detail {

inline void copy_response(const psabridge_http_response& from, HttpResponse& to) {
  to.status = from.status;
  to.body = view(from.body);
  for (const psabridge_header& header : std::span(from.headers, from.header_count))
    to.headers.push_back({std::string(view(header.name)), std::string(view(header.value))});
}

}  // namespace detail

inline HttpResponse Host::http(const HttpRequest& request) const {
  using Asked = detail::HostCall<HttpResponse>;
  std::vector<psabridge_header> headers;
  headers.reserve(request.headers.size());
  for (const HttpHeader& header : request.headers)
    headers.push_back({detail::borrow(header.name), detail::borrow(header.value)});
  const psabridge_http_request plain{
      sizeof plain,   detail::borrow(request.method), detail::borrow(request.url), headers.data(),
      headers.size(), detail::borrow(request.body),   request.retryable ? 1u : 0u};
  Asked asked;
  const psabridge_http_sink sink{sizeof sink, &asked,
                                 [](void* self, const psabridge_http_response* response) noexcept {
                                   static_cast<Asked*>(self)->receive(
                                       [&](HttpResponse& kept) { detail::copy_response(*response, kept); });
                                 }};
  return asked.finish(host_->http(host_->host, &plain, &sink, asked.call()));
}

// --- records ---

class Batch;

/// Position of a field in every record of a batch; from Batch::field, for loops that read many records.
struct Field {
  std::size_t index;
};

/// A field's value to be set. Borrows its text.
class Value : public psabridge_value {
 public:
  static Value null() noexcept { return Value(PSABRIDGE_TYPE_NULL, std::int64_t{0}); }
  static Value boolean(bool value) noexcept { return Value(PSABRIDGE_TYPE_BOOL, std::int64_t{value}); }
  static Value integer(std::int64_t value) noexcept { return Value(PSABRIDGE_TYPE_INTEGER, value); }
  static Value real(double value) noexcept {
    Value result(PSABRIDGE_TYPE_REAL, std::int64_t{0});
    result.as.real = value;
    return result;
  }
  static Value text(std::string_view value) noexcept { return Value(PSABRIDGE_TYPE_TEXT, value); }
  /// RFC 3339, UTC, milliseconds: "2026-03-01T08:00:00.000Z".
  static Value time(std::string_view value) noexcept { return Value(PSABRIDGE_TYPE_TIME, value); }
  /// One JSON value.
  static Value json(std::string_view value) noexcept { return Value(PSABRIDGE_TYPE_JSON, value); }

 private:
  Value(psabridge_type kind, std::int64_t value) noexcept : psabridge_value{kind, 0, {}} {
    as.integer = value;
  }
  Value(psabridge_type kind, std::string_view value) noexcept : psabridge_value{kind, 0, {}} {
    as.text = detail::borrow(value);
  }
};

/// One record of a batch; a light handle, valid while the batch is. A field that the entity does not have
/// reads as null.
class Record {
 public:
  Record(const Batch& batch, std::size_t index) noexcept : batch_(&batch), index_(index) {}

  const Batch& batch() const noexcept { return *batch_; }
  /// Position in the batch.
  std::size_t index() const noexcept { return index_; }
  std::string_view source_id() const noexcept { return detail::view(plain().source_id); }
  std::string_view version() const noexcept { return detail::view(plain().version); }
  /// JSON object of the custom fields.
  std::string_view custom() const noexcept { return detail::view(plain().custom); }
  /// The source's own text.
  std::string_view raw() const noexcept { return detail::view(plain().raw); }

  // `field` is a name ("summary") or a Field of this batch.
  bool is_null(auto field) const { return value(field).type == PSABRIDGE_TYPE_NULL; }
  /// Text, time, JSON or the id of another record; empty for null and for numbers.
  std::string_view text(auto field) const {
    const psabridge_value& found = value(field);
    return found.type >= PSABRIDGE_TYPE_TEXT ? detail::view(found.as.text) : std::string_view();
  }
  /// Nothing for null and for other types.
  std::optional<std::int64_t> integer(auto field) const {
    const psabridge_value& found = value(field);
    return found.type == PSABRIDGE_TYPE_INTEGER ? std::optional(found.as.integer) : std::nullopt;
  }
  /// Integers too.
  std::optional<double> real(auto field) const {
    const psabridge_value& found = value(field);
    if (found.type == PSABRIDGE_TYPE_INTEGER) return static_cast<double>(found.as.integer);
    return found.type == PSABRIDGE_TYPE_REAL ? std::optional(found.as.real) : std::nullopt;
  }
  std::optional<bool> boolean(auto field) const {
    const psabridge_value& found = value(field);
    return found.type == PSABRIDGE_TYPE_BOOL ? std::optional(found.as.integer != 0) : std::nullopt;
  }
  const psabridge_value& value(Field field) const noexcept;
  const psabridge_value& value(std::string_view name) const;

 private:
  const psabridge_record& plain() const noexcept;

  const Batch* batch_;
  std::size_t index_;
};

/// Records of one entity. Not thread-safe: it remembers where its fields are.
class Batch {
 public:
  explicit Batch(const psabridge_batch& plain) noexcept : plain_(&plain) {}

  /// "ticket"
  std::string_view entity() const noexcept { return detail::view(plain_->entity); }
  /// Name of the configured source account.
  std::string_view connection() const noexcept { return detail::view(plain_->connection); }
  std::size_t size() const noexcept { return plain_->record_count; }
  bool empty() const noexcept { return size() == 0; }
  Record operator[](std::size_t index) const noexcept { return Record(*this, index); }
  std::size_t field_count() const noexcept { return plain_->field_count; }
  std::string_view field_name(Field field) const noexcept {
    return detail::view(plain_->field_names[field.index]);
  }
  /// Where a field is; nothing when the entity has no such field.
  std::optional<Field> field(std::string_view name) const {
    if (by_name_.size() != field_count()) sort_names();
    const auto found =
        std::ranges::lower_bound(by_name_, name, {}, [this](std::size_t i) { return field_name({i}); });
    if (found == by_name_.end() || field_name({*found}) != name) return std::nullopt;
    return Field{*found};
  }

  class Iterator {
   public:
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using reference = Record;
    using pointer = void;

    Iterator() = default;
    Iterator(const Batch* batch, std::size_t index) noexcept : batch_(batch), index_(index) {}
    Record operator*() const noexcept { return (*batch_)[index_]; }
    Iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    Iterator operator++(int) noexcept { return {batch_, index_++}; }
    bool operator==(const Iterator&) const noexcept = default;

   private:
    const Batch* batch_ = nullptr;
    std::size_t index_ = 0;
  };
  Iterator begin() const noexcept { return {this, 0}; }
  Iterator end() const noexcept { return {this, size()}; }

  const psabridge_batch& plain() const noexcept { return *plain_; }

 private:
  void sort_names() const {
    by_name_.resize(field_count());
    std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
    std::ranges::sort(by_name_, {}, [this](std::size_t i) { return field_name({i}); });
  }

  const psabridge_batch* plain_;
  mutable std::vector<std::size_t> by_name_;  // field indices by name; made when first asked for
};

inline const psabridge_record& Record::plain() const noexcept { return batch_->plain().records[index_]; }

inline const psabridge_value& Record::value(Field field) const noexcept {
  return plain().fields[field.index];
}

inline const psabridge_value& Record::value(std::string_view name) const {
  static constexpr psabridge_value kNull{PSABRIDGE_TYPE_NULL, 0, {}};
  const std::optional<Field> field = batch_->field(name);
  return field ? value(*field) : kNull;
}

// --- connector ---

/// What to read.
struct Pull {
  std::string_view entity;
  bool ids_only = false;        ///< id sweep: every id that exists in the window, texts are not needed
  std::uint32_t page_size = 0;  ///< rows per request that the admin wishes; 0: the connector decides
  std::string_view filters;     ///< JSON object: the entity's filters of the YAML, times resolved to RFC 3339
  std::vector<std::string_view> parents;  ///< for a child entity (notes): whose children are wanted
  std::string_view cursor;                ///< `next` of the page before; empty at the beginning
};

/// One object as the source sent it.
struct Slice {
  std::string_view source_id;  ///< unique per entity and connection; empty when there is none: the host keeps
                               ///< it as a dead letter
  std::string_view version = {};  ///< sorts bytewise; RFC 3339 time of the source's last change; may be empty
  std::string_view text = {};     ///< one JSON object, untouched
  bool id_only = false;           ///< answers an id sweep: only the id counts
  bool deleted = false;           ///< the source says that this record is deleted
};

namespace detail {

inline psabridge_slice plain(const Slice& slice) noexcept {
  std::uint32_t flags = 0;
  if (slice.id_only) flags |= PSABRIDGE_SLICE_ID_ONLY;
  if (slice.deleted) flags |= PSABRIDGE_SLICE_DELETED;
  return {borrow(slice.source_id), borrow(slice.version), borrow(slice.text), flags, 0};
}

}  // namespace detail

/// How a page ends.
struct PageEnd {
  std::string_view next;  ///< cursor to go on from; of the last page: where the next incremental run begins
  bool more = false;      ///< pull again at once with `next`
  std::int64_t expected = -1;  ///< rows that the whole pull will give, as far as the source says; -1: unknown
  std::uint32_t requests = 1;  ///< HTTP requests that this page took
};

/// Takes one page: the slices in the source's order, then end(), exactly once.
class Page {
 public:
  explicit Page(const psabridge_pull_sink& sink) noexcept : sink_(&sink) {}
  void add(const Slice& slice) {
    const psabridge_slice plain = detail::plain(slice);
    sink_->slice(sink_->host, &plain);
  }
  void end(const PageEnd& end) {
    const psabridge_page plain{detail::borrow(end.next), end.expected, end.more ? 1u : 0u, end.requests};
    sink_->page(sink_->host, &plain);
  }

 private:
  const psabridge_pull_sink* sink_;
};

enum class Absence : psabridge_absence {
  deleted = PSABRIDGE_ABSENT_DELETED,  ///< the source says that it does not exist (any more)
  hidden = PSABRIDGE_ABSENT_HIDDEN     ///< it may exist, but this connection may not see it
};

/// Takes single records; each id asked for is answered once.
class Fetched {
 public:
  explicit Fetched(const psabridge_get_sink& sink) noexcept : sink_(&sink) {}
  void add(const Slice& slice) {
    const psabridge_slice plain = detail::plain(slice);
    sink_->slice(sink_->host, &plain);
  }
  void absent(std::string_view source_id, Absence absence) {
    sink_->absent(sink_->host, detail::borrow(source_id), static_cast<psabridge_absence>(absence));
  }

 private:
  const psabridge_get_sink* sink_;
};

enum class Health : psabridge_health {
  pass = PSABRIDGE_PASS,
  warn = PSABRIDGE_WARN,  ///< works, but will not for ever, or not as well as it could
  fail = PSABRIDGE_FAIL,  ///< does not work
  skip = PSABRIDGE_SKIP   ///< could not be found out, mostly because something before it failed
};

/// One fact that a check found out.
struct Finding {
  Health health = Health::pass;
  std::string_view check;            ///< what was looked at, in lower case: "credentials", "scope"
  std::string_view subject = {};     ///< of several: "ticket"
  std::string_view error_code = {};  ///< for `psabridge explain`; empty when it passed
  std::string_view fact = {};        ///< what is, with figures: "12 clients are visible"
  std::string_view fix = {};         ///< what to do; empty when it passed
};

/// Takes the findings of a check as soon as they are known.
class Findings {
 public:
  explicit Findings(const psabridge_check_sink& sink) noexcept : sink_(&sink) {}
  void add(const Finding& finding) {
    using detail::borrow;
    const psabridge_finding plain{sizeof plain,
                                  static_cast<psabridge_health>(finding.health),
                                  0,
                                  borrow(finding.check),
                                  borrow(finding.subject),
                                  borrow(finding.error_code),
                                  borrow(finding.fact),
                                  borrow(finding.fix)};
    sink_->finding(sink_->host, &plain);
  }

 private:
  const psabridge_check_sink* sink_;
};

/// What a delivery says of one object. A hint: the host reads the object, unless the event has its record.
struct Event {
  std::string_view key = {};  ///< by which a repetition of the same event is known; may be empty
  std::string_view kind;  ///< one of the description's events ("ticket.updated"), or the source's own words
  std::string_view entity = {};       ///< of the object; empty: none that describe() names
  std::string_view source_id = {};    ///< of the object; empty: the delivery does not name it
  std::string_view occurred_at = {};  ///< RFC 3339 or empty
  std::string_view actor = {};        ///< who caused it, in the source's words; for people
  std::string_view body = {};         ///< the piece of the delivery that says all this
  bool deleted = false;               ///< says that the object was deleted
  std::optional<Slice> record = {};   ///< the object, when the delivery has it as complete as a row of pull()
};

/// Takes the events of a delivery, in the source's order.
class Events {
 public:
  explicit Events(const psabridge_event_sink& sink) noexcept : sink_(&sink) {}
  void add(const Event& event) {
    using detail::borrow;
    std::uint32_t flags = 0;
    if (event.deleted) flags |= PSABRIDGE_EVENT_DELETED;
    if (event.record) flags |= PSABRIDGE_EVENT_WHOLE;
    const psabridge_event plain{sizeof plain,
                                borrow(event.key),
                                borrow(event.kind),
                                borrow(event.entity),
                                borrow(event.source_id),
                                borrow(event.occurred_at),
                                borrow(event.actor),
                                borrow(event.body),
                                event.record ? detail::plain(*event.record) : psabridge_slice{},
                                flags,
                                0};
    sink_->event(sink_->host, &plain);
  }

 private:
  const psabridge_event_sink* sink_;
};

/// A field that shall show another value. Values are texts, as a pulled record has them; empty: nothing.
struct WantedField {
  std::string name, value;
  bool checked = true;                ///< false: written whatever the source shows
  std::vector<std::string> expected;  ///< the values that may be overwritten
};

/// What shall be different in one record.
struct Change {
  std::string_view id;              ///< ours
  std::string_view entity = {};     ///< "ticket", "note"
  std::string_view source_id = {};  ///< of the record to change; empty: make a new one
  std::vector<WantedField> fields = {};
  std::vector<std::string> others = {};  ///< of a new record: source ids of those that other changes made
  std::string_view tried_at = {};  ///< when it was first handed over, if that end is not known: a new record
                                   ///< may be there already; empty: never so far

  /// The value that a field shall show; empty when the change does not name it.
  std::string_view wanted(std::string_view name) const noexcept {
    for (const WantedField& field : fields)
      if (field.name == name) return field.value;
    return {};
  }
};

enum class Difference : psabridge_difference {
  before = PSABRIDGE_DIFFERS_BEFORE,  ///< neither expected nor wanted: the field was not written
  after = PSABRIDGE_DIFFERS_AFTER     ///< it was written, and the source shows another value
};

/// Takes what became of changes. Each ends once, with done() or refused().
class Pushed {
 public:
  explicit Pushed(const psabridge_push_sink& sink) noexcept : sink_(&sink) {}
  /// A field that does not show what was wanted; told before the end of its change.
  void differs(const Change& change, std::string_view field, Difference when, std::string_view shown) {
    sink_->differs(sink_->host, detail::borrow(change.id), detail::borrow(field),
                   static_cast<psabridge_difference>(when), detail::borrow(shown));
  }
  /// The source shows every other field as wanted. `source_id`: of the record, of a new one too.
  void done(const Change& change, std::string_view source_id) {
    sink_->done(sink_->host, detail::borrow(change.id), detail::borrow(source_id));
  }
  /// Nothing of it was written.
  void refused(const Change& change, const Failure& reason) {
    const psabridge_status plain = detail::plain(reason);
    sink_->refused(sink_->host, detail::borrow(change.id), &plain);
  }

 private:
  const psabridge_push_sink* sink_;
};

namespace detail {

inline std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  texts.reserve(list.elements().size());
  for (const Json& element : list.elements()) texts.push_back(element.text());
  return texts;
}

inline Change change_of(const psabridge_change& plain) {
  const Json expected = Json::parse(view(plain.expected));
  Change change{.id = view(plain.id),
                .entity = view(plain.entity),
                .source_id = view(plain.source_id),
                .fields = {},
                .others = texts_of(expected),
                .tried_at = view(plain.tried_at)};
  const Json fields = Json::parse(view(plain.fields));
  change.fields.reserve(fields.members().size());
  for (const auto& [name, value] : fields.members())
    change.fields.push_back({name, value.text(), !expected[name].is_null(), texts_of(expected[name])});
  return change;
}

}  // namespace detail

/// Reads a source. Called by several threads at once, one for each entity that is being read: must be
/// thread-safe.
class Connector {
 public:
  virtual ~Connector() = default;
  /// JSON: what the source offers and how its fields become canonical ones:
  ///   {"no_time_until": "1980-01-01T00:00:00.000Z",
  ///    "entities": {"ticket": {
  ///      "deltas": true, "sweep": true, "get": true, "parent": "", "scope": "read:tickets",
  ///      "write": ["team_name"], "write_scope": "edit:tickets",
  ///      "map": {"summary": "subject",
  ///              "category": ["category_1", "category1"],
  ///              "agent": {"from": ["agent_id"], "none": ["-1", "0"], "values": {"1": "7"}, "each": "id"}},
  ///      "custom": [{"from": "customfields", "name": "name", "value": "value", "display": "display"}]}},
  ///    "events": {"ticket.updated": {"entity": "ticket", "number": "61", "title": "Ticket updated"}}}
  ///
  /// no_time_until  a time up to this one means "nothing"
  /// deltas         an incremental pull gives changes only; otherwise every pull reads the whole list
  /// sweep, get     Pull::ids_only and get() are offered
  /// parent         for a child entity: the entity per whose records it is read
  /// scope          right that reading needs, as the source names it
  /// write          fields that push() can write; of a child entity: those of a new record
  /// write_scope    right that writing needs
  /// map            canonical field -> source path, or paths (the first present and not null wins), or both
  ///                with `none` (texts that mean "nothing"), `values` (translation), `each` (member of array
  ///                elements)
  /// custom         lists of objects that become the custom fields
  /// events         what webhooks can announce; only a connector that declares some is asked for webhooks
  ///
  /// All but "entities" and "map" may be left out. More in docs/reference/connector-description.md.
  virtual std::string describe() = 0;
  /// One page. All or nothing: on failure the host forgets the slices and asks again with the same cursor.
  virtual void pull(const Pull& pull, Page& page) = 0;
  /// Single records by id, in full form. Only called for entities that describe() offers it for.
  virtual void get(std::string_view entity, std::span<const std::string_view> ids, Fetched& fetched) {
    static_cast<void>(ids), static_cast<void>(fetched);
    throw Failure(Outcome::invalid,
                  "This connector does not fetch single records of " + std::string(entity) + ".");
  }
  /// JSON: how this connection signs in with OAuth (docs/reference/sign-in.md), for Host::token and for the
  /// browser's sign-in; empty when it needs no token. May ask the source where its authorisation server is.
  virtual std::string sign_in() { return {}; }
  /// Looks whether the source can be worked with: address, sign-in, rights, health. `entities` are those that
  /// pipelines read. Changes nothing in the source; what it finds wrong is a finding, not a failure.
  virtual void check(std::span<const std::string_view> entities, Findings& findings) {
    static_cast<void>(entities);
    findings.add(
        {.health = Health::skip, .check = "source", .fact = "This connector has no checks of its own."});
  }

  // A connector whose description declares `events` has all of the following; no other is asked for them.

  /// Reads the events out of a delivery that the host has authenticated; asks nobody. `body` may be anything:
  /// throw Failure(invalid) for one that cannot be understood. A delivery without events (a ping) gives none.
  virtual void decode(std::string_view body, Events& events) {
    static_cast<void>(body), static_cast<void>(events);
    refuse_webhooks();
  }
  /// All webhooks of the source, ours and others'.
  virtual std::vector<Webhook> webhooks() { refuse_webhooks(); }
  /// Creates a webhook with its events, or brings the one with `wanted.id` into this form, switched on; the
  /// same call again changes nothing. Returns it as webhooks() would.
  virtual Webhook put_webhook(const WantedWebhook& wanted) {
    static_cast<void>(wanted);
    refuse_webhooks();
  }
  /// One that is gone already is no failure.
  virtual void remove_webhook(std::string_view id) {
    static_cast<void>(id);
    refuse_webhooks();
  }
  /// Asks the source to send a test delivery.
  virtual void test_webhook(std::string_view id) {
    static_cast<void>(id);
    refuse_webhooks();
  }
  /// The source's own log of deliveries, newest first, at most `limit` lines.
  virtual std::vector<WebhookDelivery> webhook_log(std::string_view id, std::uint32_t limit) {
    static_cast<void>(id), static_cast<void>(limit);
    refuse_webhooks();
  }

  /// Writes changes of different records; only called for fields that describe() calls writable. Read each
  /// record first and leave alone what differs from what is expected; write the rest in as few requests as
  /// the source allows; read again what was written, for only that proves it. A refusal of one change is told
  /// for that change; throw for what stops all of them: those without an end are handed over again.
  virtual void push(std::span<const Change> changes, Pushed& pushed) {
    static_cast<void>(changes), static_cast<void>(pushed);
    throw Failure(Outcome::invalid, "This connector writes nothing.", "PB2305");
  }

 private:
  [[noreturn]] static void refuse_webhooks() {
    throw Failure(Outcome::invalid, "This connector offers no webhooks.", "PB2101");
  }
};

// --- syncer ---

/// Takes what a syncer changes.
class Refinements {
 public:
  explicit Refinements(const psabridge_refine_sink& sink) noexcept : sink_(&sink) {}
  void set(const Record& record, Field field, const Value& value) {
    sink_->set(sink_->host, record.index(), field.index, &value);
  }
  /// Throws Failure when the entity has no such field.
  void set(const Record& record, std::string_view name, const Value& value) {
    const std::optional<Field> field = record.batch().field(name);
    if (!field)
      throw Failure(Outcome::failed, "The syncer sets the field \"" + std::string(name) + "\", which " +
                                         std::string(record.batch().entity()) + " does not have.");
    set(record, *field, value);
  }
  /// Makes the record a dead letter. `reason`: a sentence for an admin. `code`: for `psabridge explain`, may
  /// be empty.
  void reject(const Record& record, std::string_view reason, std::string_view code = {}) {
    sink_->reject(sink_->host, record.index(), detail::borrow(code), detail::borrow(reason));
  }

 private:
  const psabridge_refine_sink* sink_;
};

/// Knows one entity.
class Syncer {
 public:
  virtual ~Syncer() = default;
  /// JSON: the entity's schema:
  ///   {"entity": "ticket", "lookup": false, "parent": "",
  ///    "fields": [{"name": "summary", "type": "text", "required": true, "indexed": true},
  ///               {"name": "client_id", "type": "ref", "target": "client"}],
  ///    "filters": [{"name": "active", "test": "equals", "fields": ["inactive"], "negate": true},
  ///                {"name": "since", "test": "since", "fields": ["source_updated_at"], "unless": "closed"}]}
  ///
  /// lookup   a small list that joins a pipeline by itself when an entity refers to it
  /// parent   for a child entity (note: "ticket")
  /// type     text, integer, real, boolean, time, json, ref, refs (the last two need "target")
  /// test     equals, any_of, since, until, hint
  ///
  /// More in docs/reference/syncer-schema.md.
  virtual std::string schema() = 0;
  /// Normalises, derives, rejects. The host has converted types by the schema before, and checks required
  /// fields afterwards.
  virtual void refine(const Batch& records, Refinements& refinements) {
    static_cast<void>(records), static_cast<void>(refinements);
  }
};

// --- dedup ---

enum class KeyKind : psabridge_key_kind {
  source_id = PSABRIDGE_KEY_SOURCE_ID,  ///< candidates: the rows with this source id in the same connection
  block = PSABRIDGE_KEY_BLOCK,  ///< candidates: the rows of the entity, in any connection, with an equal key
  term = PSABRIDGE_KEY_TERM     ///< only counted, for Terms; gives no candidates
};

enum class Verdict : psabridge_verdict {
  distinct = PSABRIDGE_DISTINCT,
  review = PSABRIDGE_REVIEW,
  same = PSABRIDGE_SAME
};

/// Takes the keys by which candidates are looked for; any number per record.
class Keys {
 public:
  explicit Keys(const psabridge_key_sink& sink) noexcept : sink_(&sink) {}
  void add(const Record& record, KeyKind kind, std::string_view text) {
    sink_->key(sink_->host, record.index(), static_cast<psabridge_key_kind>(kind), detail::borrow(text));
  }
  /// The record in a form of the strategy's own, for compare(): at most once per record and 64 KiB. The same
  /// record gives the same bytes. Nothing happens in a host older than contract 1.3, which calls score().
  void form(const Record& record, std::string_view bytes) {
    if (PSABRIDGE_HAS(sink_, psabridge_key_sink, form))
      sink_->form(sink_->host, record.index(), detail::borrow(bytes));
  }

 private:
  const psabridge_key_sink* sink_;
};

/// Takes the verdicts; a candidate that is not named is distinct.
class Matches {
 public:
  explicit Matches(const psabridge_score_sink& sink) noexcept : sink_(&sink) {}
  /// `score` in 0..1; `evidence`: a short sentence or JSON.
  void add(const Record& candidate, Verdict verdict, double score, std::string_view evidence) {
    sink_->match(sink_->host, candidate.index(), static_cast<psabridge_verdict>(verdict), score,
                 detail::borrow(evidence));
  }

 private:
  const psabridge_score_sink* sink_;
};

/// How often keys and terms of this strategy occur among the live records of the entity.
class Terms {
 public:
  explicit Terms(const psabridge_terms& plain) noexcept : plain_(&plain) {}
  std::uint64_t count(KeyKind kind, std::string_view text) const noexcept {
    return plain_->count(plain_->host, static_cast<psabridge_key_kind>(kind), detail::borrow(text));
  }
  /// Live records of the entity.
  std::uint64_t total() const noexcept { return plain_->total; }

 private:
  const psabridge_terms* plain_;
};

/// The forms of the candidates.
class Forms {
 public:
  Forms(const psabridge_str* forms, std::size_t count) noexcept : forms_(forms), count_(count) {}
  std::size_t size() const noexcept { return count_; }
  std::string_view operator[](std::size_t index) const noexcept { return detail::view(forms_[index]); }

 private:
  const psabridge_str* forms_;
  std::size_t count_;
};

/// Log2 of odds, in 1/1024 bit: whole numbers, so that sums are exact and the same everywhere.
using Weight = std::int64_t;
inline constexpr Weight kBit = 1024;

/// Takes the weights of candidates; one that is not named is distinct.
class Weights {
 public:
  explicit Weights(const psabridge_weight_sink& sink) noexcept : sink_(&sink) {}
  /// `veto`: something speaks so much against it that only a person may join the two.
  void add(std::size_t candidate, Verdict verdict, Weight weight, bool veto = false) {
    sink_->weigh(sink_->host, candidate, static_cast<psabridge_verdict>(verdict), weight,
                 veto ? std::uint32_t{PSABRIDGE_PAIR_VETO} : 0u);
  }
  /// True when somebody will read reason().
  bool reasons() const noexcept { return sink_->reasons != 0; }
  /// One part of a candidate's weight; the parts add up to it. `text`: a short sentence with both values.
  void reason(std::size_t candidate, std::string_view field, Weight weight, std::string_view text) {
    if (reasons()) sink_->reason(sink_->host, candidate, detail::borrow(field), weight, detail::borrow(text));
  }

 private:
  const psabridge_weight_sink* sink_;
};

/// Finds duplicates: keys() names candidates cheaply; score() judges them, or compare() where keys() gave a
/// form.
class DedupStrategy {
 public:
  virtual ~DedupStrategy() = default;
  virtual void keys(const Batch& records, Keys& keys) = 0;
  /// `candidates`: those that share a key with `probe`.
  virtual void score(const Record& probe, const Batch& candidates, Matches& matches) {
    static_cast<void>(probe), static_cast<void>(candidates), static_cast<void>(matches);
  }
  /// The quick way: `probe` and `candidates` are forms. Symmetric: exchanging the two changes neither weight
  /// nor verdict.
  virtual void compare(std::string_view probe, const Forms& candidates, const Terms& terms,
                       Weights& weights) {
    static_cast<void>(probe), static_cast<void>(candidates), static_cast<void>(terms),
        static_cast<void>(weights);
  }
};

// --- routing ---

/// A managed team that a rule may choose.
struct Team {
  std::string_view name;
  std::string_view parent;         ///< name of the team that it is a part of; may be empty
  bool receives = false;           ///< a decision for a team that does not receive tickets does not count
  std::uint64_t open_tickets = 0;  ///< that it has; decisions of this call are not counted
  std::uint64_t all_tickets = 0;   ///< open and closed
};

/// What the link of a client says of a ticket.
struct LinkedTeam {
  std::string_view team;    ///< empty: no link fits the ticket
  std::string_view reason;  ///< a sentence: which link, or why none
};

/// Where a ticket is now.
struct PresentTeam {
  std::string_view team;      ///< empty: it was not routed yet
  bool by_this_rule = false;  ///< the rule that is asked sent it there
};

/// What a rule may look at beside the tickets. Of a host that is older than 1.4 only the links are known.
class RoutingContext {
 public:
  explicit RoutingContext(const psabridge_routing_context& plain) noexcept : plain_(&plain) {}

  /// The managed team that a client (source id) is linked to for every ticket; empty when it has no such
  /// link.
  std::string_view team_of(std::string_view client) const noexcept {
    const auto client_of = [](const psabridge_link& link) { return detail::view(link.client); };
    const auto found = std::ranges::lower_bound(links(), client, {}, client_of);
    return found != links().end() && client_of(*found) == client ? detail::view(found->team)
                                                                 : std::string_view();
  }
  /// Links of the connection that hold for every ticket of their client, sorted bytewise by client.
  std::span<const psabridge_link> links() const noexcept { return {plain_->links, plain_->link_count}; }

  /// Sorted bytewise by name.
  std::vector<Team> teams() const {
    std::vector<Team> teams;
    if (!PSABRIDGE_HAS(plain_, psabridge_routing_context, team_count)) return teams;
    teams.reserve(plain_->team_count);
    for (const psabridge_team& team : std::span(plain_->teams, plain_->team_count))
      teams.push_back({detail::view(team.name), detail::view(team.parent), team.receives != 0,
                       team.open_tickets, team.all_tickets});
    return teams;
  }
  /// By that link of the ticket's client that fits the ticket best.
  LinkedTeam linked_team(const Record& ticket) const {
    if (!PSABRIDGE_HAS(plain_, psabridge_routing_context, linked_team))
      return {team_of(ticket.text("client_id")), "The client is linked to the team."};
    psabridge_str reason{};
    const psabridge_str team = plain_->linked_team(plain_->host, ticket.index(), &reason);
    return {detail::view(team), detail::view(reason)};
  }
  PresentTeam present_team(const Record& ticket) const {
    if (!PSABRIDGE_HAS(plain_, psabridge_routing_context, present_team)) return {};
    std::int32_t by_this_rule = 0;
    const psabridge_str team = plain_->present_team(plain_->host, ticket.index(), &by_this_rule);
    return {detail::view(team), by_this_rule != 0};
  }
  /// The team of the newest earlier open ticket that has the same record in `field`, a field that refers to
  /// records ("contact_id", "asset_ids"); empty when there is none.
  std::string_view kin_team(const Record& ticket, std::string_view field) const {
    if (!PSABRIDGE_HAS(plain_, psabridge_routing_context, kin_team)) return {};
    return detail::view(plain_->kin_team(plain_->host, ticket.index(), detail::borrow(field)));
  }
  /// The ticket was opened within the working hours of the team, or the team has none.
  bool at_work(const Record& ticket, std::string_view team) const {
    return !PSABRIDGE_HAS(plain_, psabridge_routing_context, at_work) ||
           plain_->at_work(plain_->host, ticket.index(), detail::borrow(team)) != 0;
  }

 private:
  const psabridge_routing_context* plain_;
};

/// Takes decisions, at most one per ticket; a ticket not named goes to the next rule.
class Routes {
 public:
  explicit Routes(const psabridge_route_sink& sink) noexcept : sink_(&sink) {}
  /// `reason`: a sentence that tells an admin why.
  void route(const Record& ticket, std::string_view team, std::string_view reason) {
    sink_->route(sink_->host, ticket.index(), detail::borrow(team), detail::borrow(reason));
  }

 private:
  const psabridge_route_sink* sink_;
};

/// Decides which managed team looks after a ticket. Same input, same decision.
class RoutingRule {
 public:
  virtual ~RoutingRule() = default;
  virtual void decide(const Batch& tickets, const RoutingContext& context, Routes& routes) = 0;
};

// --- notify ---

/// Something that an admin should know.
struct Alert {
  Level level;
  std::string_view code;      ///< "PB1501"
  std::string_view pipeline;  ///< may be empty
  std::string_view title;
  std::string_view text;  ///< what, where, why, what to do
  std::chrono::sys_time<std::chrono::milliseconds> at;
};

/// Tells somebody.
class Notifier {
 public:
  virtual ~Notifier() = default;
  virtual void send(const Alert& alert) = 0;
};

// --- the C tables, made from the classes ---

namespace detail {

/// A role object together with the Host that it was given. `void* self` of the C contract points to it.
template <class Role>
struct Instance {
  explicit Instance(const psabridge_host* plain) noexcept : host(plain) {}
  Host host;
  std::unique_ptr<Role> role;
};

template <class Role>
Role& role_of(void* self) noexcept {
  return *static_cast<Instance<Role>*>(self)->role;
}

template <class T>
std::unique_ptr<T> construct(Host& host, std::string_view settings) {
  if constexpr (std::is_constructible_v<T, Host&, std::string_view>) {
    return std::make_unique<T>(host, settings);
  } else {
    static_assert(
        std::is_default_constructible_v<T>,
        "a role needs a public constructor (psabridge::sdk::Host&, std::string_view settings_json) or ()");
    return std::make_unique<T>();
  }
}

template <class T, class Role>
psabridge_code create(const psabridge_host* host, psabridge_str settings, void** self,
                      const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    auto instance = std::make_unique<Instance<Role>>(host);
    const std::string_view json = view(settings);
    instance->role = construct<T>(instance->host, json.empty() ? "{}" : json);
    *self = instance.release();
  });
}

template <class Role>
void destroy(void* self) noexcept {
  delete static_cast<Instance<Role>*>(self);
}

inline void push(const psabridge_text_sink* sink, const std::string& text) {
  sink->text(sink->host, borrow(text));
}

inline psabridge_code describe(void* self, const psabridge_text_sink* sink,
                               const psabridge_call* call) noexcept {
  return guarded(call, [&] { push(sink, role_of<Connector>(self).describe()); });
}

inline psabridge_code pull(void* self, const psabridge_pull* plain, const psabridge_pull_sink* sink,
                           const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    const Pull what{view(plain->entity),  plain->mode == PSABRIDGE_PULL_IDS,          plain->page_size,
                    view(plain->filters), views(plain->parents, plain->parent_count), view(plain->cursor)};
    Page page(*sink);
    role_of<Connector>(self).pull(what, page);
  });
}

inline psabridge_code get(void* self, psabridge_str entity, const psabridge_str* ids, std::size_t id_count,
                          const psabridge_get_sink* sink, const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    Fetched fetched(*sink);
    role_of<Connector>(self).get(view(entity), views(ids, id_count), fetched);
  });
}

inline psabridge_code sign_in(void* self, const psabridge_text_sink* sink,
                              const psabridge_call* call) noexcept {
  return guarded(call, [&] { push(sink, role_of<Connector>(self).sign_in()); });
}

inline psabridge_code check(void* self, const psabridge_str* entities, std::size_t entity_count,
                            const psabridge_check_sink* sink, const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    Findings findings(*sink);
    role_of<Connector>(self).check(views(entities, entity_count), findings);
  });
}

inline psabridge_code decode(void* self, const psabridge_delivery* delivery, const psabridge_event_sink* sink,
                             const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    Events events(*sink);
    role_of<Connector>(self).decode(view(delivery->body), events);
  });
}

inline psabridge_code webhooks(void* self, const psabridge_text_sink* sink,
                               const psabridge_call* call) noexcept {
  return guarded(call, [&] { push(sink, list_json(role_of<Connector>(self).webhooks())); });
}

inline psabridge_code put_webhook(void* self, psabridge_str wanted, const psabridge_text_sink* sink,
                                  const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    push(sink, to_json(role_of<Connector>(self).put_webhook(wanted_in(Json::parse(view(wanted))))));
  });
}

inline psabridge_code remove_webhook(void* self, psabridge_str id, const psabridge_call* call) noexcept {
  return guarded(call, [&] { role_of<Connector>(self).remove_webhook(view(id)); });
}

inline psabridge_code test_webhook(void* self, psabridge_str id, const psabridge_call* call) noexcept {
  return guarded(call, [&] { role_of<Connector>(self).test_webhook(view(id)); });
}

inline psabridge_code webhook_log(void* self, psabridge_str id, std::uint32_t limit,
                                  const psabridge_text_sink* sink, const psabridge_call* call) noexcept {
  return guarded(call, [&] { push(sink, list_json(role_of<Connector>(self).webhook_log(view(id), limit))); });
}

inline psabridge_code push_changes(void* self, const psabridge_change* changes, std::size_t change_count,
                                   const psabridge_push_sink* sink, const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    std::vector<Change> wanted(change_count);
    std::transform(changes, changes + change_count, wanted.begin(), change_of);
    Pushed pushed(*sink);
    role_of<Connector>(self).push(wanted, pushed);
  });
}

inline psabridge_code schema(void* self, const psabridge_text_sink* sink,
                             const psabridge_call* call) noexcept {
  return guarded(call, [&] { push(sink, role_of<Syncer>(self).schema()); });
}

inline psabridge_code refine(void* self, const psabridge_batch* batch, const psabridge_refine_sink* sink,
                             const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    Refinements refinements(*sink);
    role_of<Syncer>(self).refine(Batch(*batch), refinements);
  });
}

inline psabridge_code keys(void* self, const psabridge_batch* batch, const psabridge_key_sink* sink,
                           const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    Keys found(*sink);
    role_of<DedupStrategy>(self).keys(Batch(*batch), found);
  });
}

inline psabridge_code score(void* self, const psabridge_batch* probe, const psabridge_batch* candidates,
                            const psabridge_score_sink* sink, const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    Matches matches(*sink);
    const Batch probes(*probe);
    role_of<DedupStrategy>(self).score(probes[0], Batch(*candidates), matches);
  });
}

inline psabridge_code compare(void* self, psabridge_str probe, const psabridge_str* candidates,
                              std::size_t candidate_count, const psabridge_terms* terms,
                              const psabridge_weight_sink* sink, const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    Weights weights(*sink);
    role_of<DedupStrategy>(self).compare(view(probe), Forms(candidates, candidate_count), Terms(*terms),
                                         weights);
  });
}

inline psabridge_code decide(void* self, const psabridge_batch* tickets,
                             const psabridge_routing_context* context, const psabridge_route_sink* sink,
                             const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    Routes routes(*sink);
    role_of<RoutingRule>(self).decide(Batch(*tickets), RoutingContext(*context), routes);
  });
}

inline psabridge_code send(void* self, const psabridge_alert* plain, const psabridge_call* call) noexcept {
  return guarded(call, [&] {
    const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds(plain->at_ms)};
    role_of<Notifier>(self).send({static_cast<Level>(plain->level), view(plain->code), view(plain->pipeline),
                                  view(plain->title), view(plain->text), at});
  });
}

inline constexpr psabridge_connector kConnectorVerbs{sizeof(psabridge_connector),
                                                     &describe,
                                                     &pull,
                                                     &get,
                                                     &sign_in,
                                                     &check,
                                                     &decode,
                                                     &webhooks,
                                                     &put_webhook,
                                                     &remove_webhook,
                                                     &test_webhook,
                                                     &webhook_log,
                                                     &push_changes};
inline constexpr psabridge_syncer kSyncerVerbs{sizeof(psabridge_syncer), &schema, &refine};
inline constexpr psabridge_dedup kDedupVerbs{sizeof(psabridge_dedup), &keys, &score, &compare};
inline constexpr psabridge_routing kRoutingVerbs{sizeof(psabridge_routing), &decide};
inline constexpr psabridge_notify kNotifyVerbs{sizeof(psabridge_notify), &send};

template <class T, class Role>
consteval psabridge_role make_role(psabridge_role_kind kind, const void* verbs, std::string_view name,
                                   std::string_view summary, std::string_view settings_schema) {
  static_assert(std::is_base_of_v<Role, T>, "the class must derive from the role's class of psabridge::sdk");
  return {
      sizeof(psabridge_role), kind,          0, borrow(name), borrow(summary), borrow(settings_schema), verbs,
      &create<T, Role>,       &destroy<Role>};
}

template <std::size_t Count>
consteval std::array<const psabridge_role*, Count> pointers_to(const psabridge_role (&roles)[Count]) {
  std::array<const psabridge_role*, Count> pointers{};
  for (std::size_t i = 0; i < Count; ++i) pointers[i] = &roles[i];
  return pointers;
}

}  // namespace detail

/// Settings schema of a role that has no settings.
inline constexpr std::string_view kNoSettings = R"({"type": "object", "additionalProperties": false})";

// One entry of PSABRIDGE_PLUGIN. `name`: what admins write in YAML; `summary`: one sentence;
// `settings_schema`: JSON Schema (draft 7) of the settings that the class is constructed with.

template <class T>
consteval psabridge_role connector(std::string_view name, std::string_view summary,
                                   std::string_view settings_schema = kNoSettings) {
  return detail::make_role<T, Connector>(PSABRIDGE_ROLE_CONNECTOR, &detail::kConnectorVerbs, name, summary,
                                         settings_schema);
}
template <class T>
consteval psabridge_role syncer(std::string_view name, std::string_view summary,
                                std::string_view settings_schema = kNoSettings) {
  return detail::make_role<T, Syncer>(PSABRIDGE_ROLE_SYNCER, &detail::kSyncerVerbs, name, summary,
                                      settings_schema);
}
template <class T>
consteval psabridge_role dedup(std::string_view name, std::string_view summary,
                               std::string_view settings_schema = kNoSettings) {
  return detail::make_role<T, DedupStrategy>(PSABRIDGE_ROLE_DEDUP, &detail::kDedupVerbs, name, summary,
                                             settings_schema);
}
template <class T>
consteval psabridge_role routing(std::string_view name, std::string_view summary,
                                 std::string_view settings_schema = kNoSettings) {
  return detail::make_role<T, RoutingRule>(PSABRIDGE_ROLE_ROUTING, &detail::kRoutingVerbs, name, summary,
                                           settings_schema);
}
template <class T>
consteval psabridge_role notify(std::string_view name, std::string_view summary,
                                std::string_view settings_schema = kNoSettings) {
  return detail::make_role<T, Notifier>(PSABRIDGE_ROLE_NOTIFY, &detail::kNotifyVerbs, name, summary,
                                        settings_schema);
}

}  // namespace psabridge::sdk

/// Defines the plugin's one exported symbol, once per shared library, outside of any namespace. Texts are
/// string literals; the roles follow. The struct is constant-initialised: reading it runs no code.
#define PSABRIDGE_PLUGIN(plugin_id, plugin_version, plugin_vendor, plugin_summary, ...)                     \
  namespace {                                                                                               \
  constexpr psabridge_role kPsabridgeRoles[] = {__VA_ARGS__};                                               \
  constexpr auto kPsabridgeRoleTable = ::psabridge::sdk::detail::pointers_to(kPsabridgeRoles);              \
  }                                                                                                         \
  extern "C" {                                                                                              \
  extern __attribute__((visibility("default"))) const psabridge_plugin psabridge_plugin_v1;                 \
  }                                                                                                         \
  constinit const psabridge_plugin psabridge_plugin_v1 = {sizeof(psabridge_plugin),                         \
                                                          PSABRIDGE_ABI_MAJOR,                              \
                                                          PSABRIDGE_ABI_MINOR,                              \
                                                          ::psabridge::sdk::detail::borrow(plugin_id),      \
                                                          ::psabridge::sdk::detail::borrow(plugin_version), \
                                                          ::psabridge::sdk::detail::borrow(plugin_vendor),  \
                                                          ::psabridge::sdk::detail::borrow(plugin_summary), \
                                                          kPsabridgeRoleTable.data(),                       \
                                                          kPsabridgeRoleTable.size()}
