#include "deliveries.h"

#include <algorithm>
#include <boost/json.hpp>
#include <psabridge/plugin.hpp>
#include <span>

#include "entities.h"
#include "event_names.h"
#include "timestamp.h"
#include "whole_ticket.h"

namespace psabridge::halo {
namespace {

namespace json = boost::json;
using Names = std::span<const std::string_view>;

constexpr std::size_t kDeepest = 64;
constexpr std::string_view kBlank = " \t\r\n", kByteOrderMark = "\xEF\xBB\xBF";
constexpr Milliseconds kNoTimeUntil = 315'532'800'000;  // 1980-01-01: Halo's null dates lie before
constexpr std::string_view kUnknownWords = "not understood";

/// How payloads speak of the objects of an entity.
struct Speech {
  std::string_view entity;
  std::string_view usual_kind;  ///< of an event without a name
  Names wrappers;               ///< members that hold the object
  Names ids;                    ///< members beside it that hold its id
};
constexpr std::string_view kTicket[] = {"ticket"}, kTicketIds[] = {"ticket_id", "ticketid", "faultid"};
constexpr std::string_view kClient[] = {"client", "customer", "area"},
                           kClientIds[] = {"client_id", "customer_id"};
constexpr std::string_view kSite[] = {"site"}, kSiteIds[] = {"site_id"};
constexpr std::string_view kUser[] = {"user", "users", "contact"}, kUserIds[] = {"user_id", "contact_id"};
constexpr std::string_view kAsset[] = {"asset", "device"}, kAssetIds[] = {"asset_id", "device_id"};
// The first whose object is there is what an event of unknown name is about: full payloads bring the client
// and the others along with a ticket.
constexpr Speech kSpeeches[] = {{"ticket", "ticket.updated", kTicket, kTicketIds},
                                {"client", "client.changed", kClient, kClientIds},
                                {"site", "site.changed", kSite, kSiteIds},
                                {"contact", "contact.changed", kUser, kUserIds},
                                {"asset", "asset.changed", kAsset, kAssetIds}};
constexpr std::string_view kAnyWrapper[] = {"object", "data"}, kAnyId[] = {"object_id", "objectid"};
constexpr std::string_view kOwnId[] = {"id"}, kAction[] = {"action"}, kAgentId[] = {"agent_id"};
// Members by which a payload without a name for its event is known to be about a ticket.
constexpr std::string_view kTicketLike[] = {"ticket_id",  "ticketid",       "status_id",     "statusid",
                                            "new_status", "newstatus",      "hasbeenclosed", "tickettype_id",
                                            "dateclosed", "hiddenfromuser", "action"};
constexpr std::string_view kEnvelopeMarks[] = {"event", "webhook_id", "notification_id", "escmsg_id"};
constexpr std::string_view kTests[] = {"test", "test webhook", "webhook test", "test event", "ping"};

[[noreturn]] void refuse(const std::string& why) {
  throw sdk::Failure(sdk::Outcome::invalid, "A delivery of Halo's webhook cannot be used: " + why + ".",
                     "PB2102");
}

json::value parse(std::string_view text, json::storage_ptr memory) {
  json::error_code error;
  json::parse_options options;
  options.max_depth = kDeepest;
  json::value parsed = json::parse(text, error, std::move(memory), options);
  if (error) refuse("it is no JSON that can be read (" + error.message() + ")");
  return parsed;
}

std::string_view trimmed(std::string_view body) {
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  const std::size_t first = body.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return body.substr(first, body.find_last_not_of(kBlank) - first + 1);
}

bool is_same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char left, char right) { return lower(left) == lower(right); });
}

using Member = json::object::value_type;

/// A member that is there and not null, whatever the case of its name; null when there is none.
const Member* find(const json::object& object, std::string_view name) {
  for (const Member& member : object)
    if (is_same_name(member.key(), name) && !member.value().is_null()) return &member;
  return nullptr;
}

const Member* find(const json::object& object, Names names) {
  for (const std::string_view name : names)
    if (const Member* member = find(object, name)) return member;
  return nullptr;
}

const json::object* find_object(const json::object& object, Names names) {
  const Member* member = find(object, names);
  return member ? member->value().if_object() : nullptr;
}

std::string text_in(const json::object& object, std::string_view name) {
  const Member* member = find(object, name);
  const json::string* text = member ? member->value().if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

/// A number or GUID; empty when there is none.
std::string mark_in(const json::object& object, std::string_view name) {
  const Member* member = find(object, name);
  return member && !member->value().is_structured() ? id_of(json::serialize(member->value())) : std::string();
}

/// Halo numbers its objects from 1; what is no such number (a GUID, -1) is none of theirs.
std::string id_in(const json::object& object, Names names) {
  for (const std::string_view name : names) {
    std::string id = mark_in(object, name);
    if (!id.empty() && id != "0" && id.find_first_not_of("0123456789") == std::string::npos) return id;
  }
  return {};
}

/// One envelope or hand-made payload.
class Piece {
 public:
  Piece(std::string_view text, const json::object& members)
      : text_(text), members_(members), words_(event_words(text_in(members, "event"))) {
    meaning_ = meaning_of(words_);
    speech_ = speech();
    if (speech_) source_id_ = object_id();
  }

  /// A test, or an envelope around nothing.
  bool is_empty() const {
    if (!source_id_.empty()) return false;
    const bool test = std::find(std::begin(kTests), std::end(kTests), words_) != std::end(kTests);
    return test || members_.empty() || (words_.empty() && is_envelope());
  }
  bool is_understood() const { return !words_.empty() || !source_id_.empty(); }
  DeliveredEvent event() const;

 private:
  bool is_about_ticket() const { return speech_ == &kSpeeches[0]; }
  bool is_envelope() const { return find(members_, kEnvelopeMarks) != nullptr; }
  const Speech* speech() const;
  bool is_ticket_like() const;
  std::string object_id() const;
  std::string key() const;
  std::string kind() const;
  std::string actor() const;
  std::string occurred_at() const;
  std::optional<Row> record() const;

  std::string_view text_;
  const json::object& members_;
  std::string words_;
  EventMeaning meaning_;
  const Speech* speech_ = nullptr;  // of the object; null: cannot be told
  std::string source_id_;
};

const Speech* Piece::speech() const {
  const auto first = [](auto&& fits) {
    const auto* found = std::find_if(std::begin(kSpeeches), std::end(kSpeeches), fits);
    return found == std::end(kSpeeches) ? nullptr : found;
  };
  if (!meaning_.entity.empty())
    return first([&](const Speech& speech) { return speech.entity == meaning_.entity; });
  if (is_ticket_like()) return &kSpeeches[0];
  return first([&](const Speech& speech) { return find_object(members_, speech.wrappers) != nullptr; });
}

bool Piece::is_ticket_like() const {
  if (words_.find("ticket") != std::string::npos || find(members_, kTicketLike)) return true;
  const json::object* object = find_object(members_, kAnyWrapper);
  return object && find(*object, kTicketLike);
}

std::string Piece::object_id() const {
  for (const Names wrappers : {speech_->wrappers, Names(kAnyWrapper)})
    if (const json::object* object = find_object(members_, wrappers))
      for (const Names names : {Names(kOwnId), speech_->ids, Names(kAnyId)})
        if (std::string id = id_in(*object, names); !id.empty()) return id;
  if (const json::object* action = find_object(members_, kAction); action && is_about_ticket())
    if (std::string id = id_in(*action, speech_->ids); !id.empty()) return id;
  for (const Names names : {speech_->ids, Names(kAnyId)})
    if (std::string id = id_in(members_, names); !id.empty()) return id;
  return is_envelope() ? std::string() : id_in(members_, kOwnId);  // an envelope's id is the delivery's
}

/// One message of Halo's queue may carry several events.
std::string Piece::key() const {
  const std::string message = mark_in(members_, "escmsg_id");
  if (!message.empty() && message != "0") return message + "/" + words_;
  return is_envelope() ? mark_in(members_, "id") : std::string();
}

std::string Piece::kind() const {
  if (!meaning_.kind.empty()) return std::string(meaning_.kind);
  if (!words_.empty()) return words_;
  return std::string(speech_ ? speech_->usual_kind : kUnknownWords);
}

std::string Piece::actor() const {
  const std::string agent = is_envelope() ? id_in(members_, kAgentId) : std::string();
  return agent.empty() ? agent : "agent " + agent;
}

std::string Piece::occurred_at() const {
  const std::optional<Milliseconds> time = parse_time(text_in(members_, "timestamp"));
  return time && *time > kNoTimeUntil ? format_time(*time) : std::string();
}

std::optional<Row> Piece::record() const {
  const Member* ticket = is_about_ticket() ? find(members_, kTicket) : nullptr;
  const std::string_view text = ticket ? member_text(text_, ticket->key()) : std::string_view();
  if (text.empty()) return std::nullopt;
  const json::value own = parse(text, {});  // of several with that name, the one that goes on
  if (!own.is_object() || !is_whole_ticket(own.get_object())) return std::nullopt;
  const Slicing slicing = slice_record(text, find_entity("ticket")->form);
  const bool usable = slicing.kind == BodyKind::rows && slicing.rows.front().id == source_id_ &&
                      !slicing.rows.front().version.empty();
  return usable ? std::optional(slicing.rows.front()) : std::nullopt;
}

DeliveredEvent Piece::event() const {
  DeliveredEvent event;
  event.key = key();
  event.kind = kind();
  event.entity = speech_ ? speech_->entity : std::string_view();
  event.source_id = source_id_;
  event.occurred_at = occurred_at();
  event.actor = actor();
  event.body = text_;
  event.record = record();
  event.deleted = meaning_.deleted || (event.record && event.record->deleted);
  if (event.deleted) event.record.reset();
  return event;
}

/// The pieces of a list, or the one that the body is.
std::vector<std::string_view> pieces_of(std::string_view body) {
  if (body.front() != '[') return {body};
  const Slicing slicing = slice_list(body, {"", {}, {}});
  if (slicing.kind != BodyKind::rows) refuse("it is a list that ends too early or is no JSON");
  std::vector<std::string_view> pieces;
  pieces.reserve(slicing.rows.size());
  for (const Row& row : slicing.rows) pieces.push_back(row.text);
  return pieces;
}

void read_piece(std::string_view text, std::vector<DeliveredEvent>& events, std::size_t& understood) {
  json::monotonic_resource memory;
  const json::value parsed = parse(text, &memory);
  const json::object empty;
  const bool is_object = parsed.is_object();
  const Piece piece(text, is_object ? parsed.get_object() : empty);
  if (is_object && piece.is_empty()) return void(++understood);
  if (piece.is_understood()) ++understood;
  events.push_back(piece.event());
}

}  // namespace

std::vector<DeliveredEvent> read_delivery(std::string_view body) {
  if (is_html(body)) refuse("it is a web page");
  body = trimmed(body);
  if (body.empty()) refuse("it is empty");
  std::vector<DeliveredEvent> events;
  std::size_t understood = 0;
  for (const std::string_view piece : pieces_of(body)) read_piece(piece, events, understood);
  if (understood == 0 && !events.empty())
    refuse(
        "it names neither an event nor an object that the connector knows; the webhook's payload in Halo "
        "should be the full object, not one of its own making");
  return events;
}

}  // namespace psabridge::halo
