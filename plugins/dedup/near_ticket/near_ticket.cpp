// Tickets that tell of one thing: the same alert of the same client, or what one person sent twice within
// minutes. All that is merely alike is left to people.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <psabridge/json.hpp>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "dedup/common/evidence.h"
#include "dedup/near_ticket/ticket_form.h"
#include "dedup/near_ticket/ticket_text.h"

namespace {

using namespace psabridge::sdk;
using namespace psabridge::dedup;
using std::chrono::seconds;

constexpr std::string_view kSettings = R"({
  "type": "object",
  "properties": {
    "similarity": {
      "type": "number", "minimum": 0.5, "maximum": 1, "default": 0.95,
      "description": "Share of equal characters from which two summaries tell the same"
    },
    "within": {
      "type": "string", "pattern": "^0*[1-9][0-9]{0,8}[smhdw]$", "default": "10m",
      "description": "Two summaries of one requester that were opened no further apart are one ticket"
    },
    "review_within": {
      "type": "string", "pattern": "^0*[1-9][0-9]{0,8}[smhdw]$", "default": "3d",
      "description": "Summaries that were opened no further apart are shown to people"
    },
    "merge_text": {
      "type": "boolean", "default": true,
      "description": "false: only an alert's id joins tickets; equal texts are shown to people"
    },
    "merge_answers": {
      "type": "boolean", "default": true,
      "description": "true: an answer of the same requester that names the other ticket's number belongs to it"
    },
    "alert_id": {
      "type": "string", "minLength": 1, "default": "third_party_id",
      "description": "Field with the alert's id in another system; custom.NAME is a custom field"
    },
    "alert_class": {
      "type": "string", "minLength": 1, "default": "category_1",
      "description": "Field with the kind of alert"
    },
    "generic_above": {
      "type": "integer", "minimum": 2, "maximum": 1000, "default": 5,
      "description": "An alert's id that more tickets of a client have is none"
    },
    "recurring_above": {
      "type": "integer", "minimum": 1, "maximum": 1000, "default": 3,
      "description": "A summary that more tickets of a client have comes again and again: days apart it is another job"
    }
  },
  "additionalProperties": false
})";

/// "10m", which the schema has checked.
seconds span_of(const std::string& text) {
  constexpr std::string_view kUnits = "smhdw";
  constexpr std::array<int, 5> kSeconds = {1, 60, 3600, 86400, 604800};
  const std::size_t unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
  const long count = std::strtol(text.c_str(), nullptr, 10);
  if (unit == std::string_view::npos || count <= 0)
    throw Failure(Outcome::invalid,
                  "near_ticket cannot read the time \"" + text + "\": write it as 10m or 3d.");
  return seconds(count * kSeconds[unit]);
}

struct Settings {
  explicit Settings(const Json& json)
      : similarity(json["similarity"].number(0.95)),
        within(span_of(json["within"].text("10m"))),
        review_within(std::max(within, span_of(json["review_within"].text("3d")))),
        merge_text(json["merge_text"].boolean(true)),
        merge_answers(json["merge_answers"].boolean(true)),
        fields{json["alert_id"].text("third_party_id"), json["alert_class"].text("category_1")},
        generic_above(static_cast<std::uint64_t>(json["generic_above"].number(5))),
        recurring_above(static_cast<std::uint64_t>(json["recurring_above"].number(3))) {}
  double similarity;
  seconds within, review_within;
  bool merge_text, merge_answers;
  TicketFields fields;
  std::uint64_t generic_above, recurring_above;
};

// --- keys ---

std::string alert_key(std::string_view id) { return "alert\t" + std::string(id); }

/// Who a ticket is for, in words that other connections use too where there are such.
std::string place(std::string_view name, std::string_view id, std::string_view connection) {
  if (!name.empty()) return std::string(name);
  return id.empty() ? std::string() : std::string(id) + " in " + std::string(connection);
}
std::string client_of(const TicketFacts& ticket) {
  return place(ticket.client_name, ticket.client_id, ticket.connection);
}
std::string requester_of(const TicketFacts& ticket) {
  return place(ticket.contact_email, ticket.contact_id, ticket.connection);
}

/// By which a summary that comes again and again is counted.
std::string said_term(const TicketFacts& ticket) {
  return "said\t" + client_of(ticket) + '\t' + std::to_string(text_hash(ticket.words));
}

/// Gives keys with the ticket's stretch of time and the next one, so that two tickets share one whenever they
/// are no further apart than a stretch is long.
void add_timed(const Record& ticket, const std::string& key, std::chrono::sys_seconds at, seconds stretch,
               Keys& keys) {
  const std::int64_t number = std::chrono::floor<seconds>(at.time_since_epoch()) / stretch;
  for (const std::int64_t one : {number, number + 1})
    keys.add(ticket, KeyKind::block, key + '\t' + std::to_string(one));
}

void add_keys(const Record& record, const TicketFacts& ticket, const Settings& settings, Keys& keys) {
  constexpr std::size_t kMostAssets = 2;
  for (const std::string_view id : ticket.alert_ids) keys.add(record, KeyKind::block, alert_key(id));
  const std::string client = client_of(ticket), requester = requester_of(ticket);
  if (!ticket.words.empty()) keys.add(record, KeyKind::term, said_term(ticket));
  const auto opened = time_of(ticket.opened_at);
  if (!opened) return;
  if (!requester.empty() && !ticket.words.empty())
    add_timed(record, "who\t" + requester, *opened, settings.within, keys);
  if (const std::string& scope = client.empty() ? requester : client; !scope.empty())
    for (const std::uint64_t sample : word_samples(ticket.words))
      add_timed(record, "text\t" + scope + '\t' + std::to_string(sample), *opened, settings.review_within,
                keys);
  if (ticket.alert_class.empty()) return;
  for (std::size_t i = 0; i < std::min(ticket.assets.size(), kMostAssets); ++i)
    add_timed(record,
              "asset\t" + std::string(ticket.assets[i]) + " in " + std::string(ticket.connection) + '\t' +
                  std::string(ticket.alert_class),
              *opened, settings.review_within, keys);
}

// --- comparing ---

enum class Relation { unknown, same, different };

Relation relation(bool comparable, std::string_view a, std::string_view b) {
  if (!comparable || a.empty() || b.empty()) return Relation::unknown;
  return a == b ? Relation::same : Relation::different;
}

/// By ids within one connection, else by names: an equal one is the same everywhere, but people write the
/// name of one client differently in another connection.
Relation relation_of_clients(const TicketFacts& a, const TicketFacts& b) {
  const bool here = a.connection == b.connection;
  const Relation ids = relation(here, a.client_id, b.client_id);
  if (ids != Relation::unknown) return ids;
  const Relation names = relation(true, a.client_name, b.client_name);
  return here || names == Relation::same ? names : Relation::unknown;
}

/// A person with two records in one connection has one e-mail address all the same.
Relation relation_of_requesters(const TicketFacts& a, const TicketFacts& b) {
  const Relation ids = relation(a.connection == b.connection, a.contact_id, b.contact_id);
  const Relation emails = relation(true, a.contact_email, b.contact_email);
  return ids == Relation::unknown || emails == Relation::same ? emails : ids;
}

/// Ids of assets mean something within one connection only.
Relation relation_of_assets(const TicketFacts& a, const TicketFacts& b) {
  if (a.connection != b.connection || a.assets.empty() || b.assets.empty()) return Relation::unknown;
  const auto in_b = [&b](std::string_view asset) {
    return std::ranges::find(b.assets, asset) != b.assets.end();
  };
  return std::ranges::any_of(a.assets, in_b) ? Relation::same : Relation::different;
}

constexpr Weight bits(int count) { return count * kBit; }

std::string two(std::string_view what, std::string_view a, std::string_view b) {
  return std::string(what) + " differs: " + std::string(a) + " and " + std::string(b) + ".";
}

/// Judges one pair. Each fact is told once, as a part of the weight; decide() reads the same facts.
class Pair {
 public:
  Pair(const TicketFacts& a, const TicketFacts& b, const Terms& terms, const Settings& settings,
       bool explained)
      : a_(a), b_(b), terms_(terms), settings_(settings), evidence_(explained) {
    weigh_alerts();
    weigh_clients();
    weigh_requesters();
    weigh_assets();
    weigh_texts();
    weigh_times();
    weigh_answers();
    weigh_states();
  }

  void give(std::size_t candidate, Weights& weights) const {
    evidence_.give(candidate, decide(), false, weights);
  }

 private:
  void weigh_alerts() {
    std::string_view shared;
    std::uint64_t holders = UINT64_MAX;  // of the rarest id that both have
    for (const std::string_view id : a_.alert_ids) {
      if (std::ranges::find(b_.alert_ids, id) == b_.alert_ids.end()) continue;
      const std::uint64_t count = terms_.count(KeyKind::block, alert_key(id));
      if (count < holders) shared = id, holders = count;
    }
    if (!shared.empty()) return weigh_shared_alert(shared, holders);
    if (a_.alert_ids.empty() || b_.alert_ids.empty()) return;
    alert_ = Relation::different;
    evidence_.add("alert id", bits(-6),
                  [&] { return two("Their alert id", a_.alert_ids.front(), b_.alert_ids.front()); });
  }

  void weigh_shared_alert(std::string_view id, std::uint64_t holders) {
    const bool generic = holders > settings_.generic_above;
    if (!generic) alert_ = Relation::same;
    evidence_.add("alert id", generic ? kGenericIdWeight : shared_id_weight(holders), [&] {
      const std::string both = "Both have the alert id " + std::string(id);
      return generic ? both + ", but so have " + std::to_string(holders) + " tickets: it names no alert."
                     : both + ".";
    });
  }

  void weigh_clients() {
    client_ = relation_of_clients(a_, b_);
    if (client_ == Relation::same)
      evidence_.add("client", bits(1), [&] { return "Both are for the client " + client_of(a_) + "."; });
    if (client_ == Relation::different)
      evidence_.add("client", bits(-20), [&] { return two("Their client", client_of(a_), client_of(b_)); });
  }

  void weigh_requesters() {
    requester_ = relation_of_requesters(a_, b_);
    if (requester_ == Relation::same)
      evidence_.add("requester", bits(6), [&] { return "Both were reported by " + requester_of(a_) + "."; });
    if (requester_ == Relation::different)
      evidence_.add("requester", bits(-4),
                    [&] { return two("Who reported them", requester_of(a_), requester_of(b_)); });
  }

  void weigh_assets() {
    assets_ = relation_of_assets(a_, b_);
    same_class_ = assets_ == Relation::same && !a_.alert_class.empty() && a_.alert_class == b_.alert_class;
    if (assets_ == Relation::same)
      evidence_.add("asset", bits(3), [&] {
        return "Both are about the asset " + std::string(a_.assets.front()) +
               (same_class_ ? " and of the class " + std::string(a_.alert_class) + "." : ".");
      });
    if (assets_ == Relation::different)
      evidence_.add("asset", bits(-10),
                    [&] { return two("Their asset", a_.assets.front(), b_.assets.front()); });
  }

  void weigh_texts() {
    likeness_ = likeness(a_.words, b_.words, settings_.similarity);
    evidence_.add("summary", weight_of(likeness_), [&] { return say_texts(); });
    same_details_ = !a_.details.empty() && a_.details == b_.details;
    if (same_details_) evidence_.add("details", bits(3), [] { return "Their descriptions are equal."; });
    thin_ = likeness_ >= Likeness::near && says_little();
    if (thin_)
      evidence_.add("details", bits(-4), [&] {
        return "\"" + std::string(a_.words) + "\" says too little, and their descriptions are not the same.";
      });
    recurring_ = likeness_ >= Likeness::near && holders_of_text() > settings_.recurring_above;
  }

  static Weight weight_of(Likeness likeness) {
    switch (likeness) {
      case Likeness::equal:
        return bits(7);
      case Likeness::near:
        return bits(6);
      case Likeness::similar:
        return bits(2);
      case Likeness::other_figures:
        return bits(-12);
      case Likeness::other:
        break;
    }
    return bits(-8);
  }

  std::string say_texts() const {
    const std::string a(a_.words), b(b_.words);
    if (likeness_ == Likeness::equal) return "Both say \"" + a + "\".";
    const std::string texts = "\"" + a + "\" and \"" + b + "\" ";
    if (likeness_ >= Likeness::similar)
      return texts + "have " + std::to_string(percent_alike(a, b)) + " % of their characters in common.";
    return texts + (likeness_ == Likeness::other_figures ? "have other numbers." : "have other words.");
  }

  /// "Help", "(no summary)": what is sent twice then has the same description.
  bool says_little() const {
    const auto is_thin = [](std::string_view words) {
      return words == "no summary" || words.find(' ') == std::string_view::npos;
    };
    return (is_thin(a_.words) || is_thin(b_.words)) && !same_details_;
  }

  std::uint64_t holders_of_text() const {
    return std::max(terms_.count(KeyKind::term, said_term(a_)), terms_.count(KeyKind::term, said_term(b_)));
  }

  void weigh_times() {
    const auto a = time_of(a_.opened_at), b = time_of(b_.opened_at);
    if (!a || !b) return;
    gap_ = a < b ? *b - *a : *a - *b;
    const bool minutes = gap_ <= settings_.within;
    const bool days = gap_ <= settings_.review_within;
    evidence_.add("opened",
                  minutes ? bits(6)
                  : days  ? bits(-4)
                          : bits(-12),
                  [&] {
                    return "They were opened " + std::to_string(gap_.count() / 60) + " minutes apart, at " +
                           std::string(a_.opened_at) + " and " + std::string(b_.opened_at) + ".";
                  });
    first_open_ = a == b ? !a_.closed && !b_.closed : a < b ? !a_.closed : !b_.closed;
    if (recurring_ && !minutes)
      evidence_.add("recurrence", bits(-8), [&] {
        return "\"" + std::string(a_.words) + "\" and \"" + std::string(b_.words) +
               "\" come again and again, in " + std::to_string(holders_of_text()) + " tickets of the client.";
      });
  }

  void weigh_states() {
    if (a_.closed || b_.closed)
      evidence_.add("closed", bits(-6),
                    [&] { return a_.closed && b_.closed ? "Both are closed." : "One is closed."; });
    by_design_ = relation(a_.connection == b_.connection, a_.parent_id, b_.parent_id) == Relation::same;
    if (by_design_)
      evidence_.add("parent", bits(-6),
                    [&] { return "Both are a part of the ticket " + std::string(a_.parent_id) + "."; });
    other_site_ = relation(a_.connection == b_.connection, a_.site_id, b_.site_id) == Relation::different;
    if (other_site_)
      evidence_.add("site", bits(-6), [&] { return two("Their site", a_.site_id, b_.site_id); });
  }

  void weigh_answers() {
    if (a_.connection == b_.connection && !(a_.answered.empty() && b_.answered.empty())) {
      const bool named = a_.answered == b_.number || b_.answered == a_.number || a_.answered == b_.answered;
      answers_ = named ? Relation::same : Relation::different;
      evidence_.add("answer", named ? bits(10) : bits(-4), [&] {
        return "The tickets " + std::string(a_.number) + " and " + std::string(b_.number) +
               " name in their summaries: " + said(a_.answered) + " and " + said(b_.answered) + ".";
      });
    } else if (a_.reply || b_.reply) {
      evidence_.add("answer", bits(-2), [&] {
        return a_.reply && b_.reply ? "Both are answers or forwarded." : "One is an answer or forwarded.";
      });
    }
  }

  static std::string said(std::string_view number) {
    return number.empty() ? "no number" : "number " + std::string(number);
  }

  Verdict decide() const {
    if (alert_ == Relation::same) return Verdict::same;
    if (client_ == Relation::different || gap_ > settings_.review_within) return Verdict::distinct;
    if (same_class_ && first_open_ && likeness_ != Likeness::other) return Verdict::review;
    if (likeness_ < Likeness::similar || assets_ == Relation::different) return Verdict::distinct;
    // What many report is linked to one ticket, and stays the ticket of each of them.
    if (requester_ == Relation::different && answers_ != Relation::same) return Verdict::distinct;
    if (sent_twice()) return settings_.merge_text ? Verdict::same : Verdict::review;
    if (answers_by_number()) return settings_.merge_answers ? Verdict::same : Verdict::review;
    return worth_a_look() ? Verdict::review : Verdict::distinct;
  }

  bool open() const { return !a_.closed && !b_.closed; }
  /// One person told the same, by text: slips in the summary matter little where the descriptions are equal.
  bool told_again() const {
    const bool same_text = likeness_ >= Likeness::near || (likeness_ == Likeness::similar && same_details_);
    return requester_ == Relation::same && same_text && open() && alert_ != Relation::different &&
           !by_design_ && !other_site_;
  }
  bool sent_twice() const {
    return told_again() && gap_ <= settings_.within && !thin_ && answers_ != Relation::different;
  }
  bool answers_by_number() const { return told_again() && answers_ == Relation::same; }

  bool worth_a_look() const {
    const bool one_requester = requester_ == Relation::same;
    if (one_requester && (gap_ <= settings_.within || a_.reply || b_.reply)) return true;
    if (likeness_ < Likeness::near || (recurring_ && gap_ > settings_.within)) return false;
    return open() && (one_requester || client_ == Relation::same);
  }

  const TicketFacts& a_;
  const TicketFacts& b_;
  const Terms& terms_;
  const Settings& settings_;
  Evidence evidence_;
  Relation alert_ = Relation::unknown, client_ = Relation::unknown, requester_ = Relation::unknown,
           assets_ = Relation::unknown, answers_ = Relation::unknown;
  Likeness likeness_ = Likeness::other;
  seconds gap_ = seconds::max();  // unknown: as far apart as can be
  bool same_class_ = false, same_details_ = false, thin_ = false, recurring_ = false, first_open_ = false,
       by_design_ = false, other_site_ = false;
};

class NearTicket final : public DedupStrategy {
 public:
  NearTicket(Host&, std::string_view settings_json) : settings_(Json::parse(settings_json)) {}

  void keys(const Batch& records, Keys& keys) override {
    for (const Record record : records) {
      const std::string form = ticket_form(record, settings_.fields);
      add_keys(record, ticket_facts(form), settings_, keys);
      keys.form(record, form);
    }
  }

  void compare(std::string_view probe, const Forms& candidates, const Terms& terms,
               Weights& weights) override {
    const TicketFacts ticket = ticket_facts(probe);
    for (std::size_t i = 0; i < candidates.size(); ++i)
      Pair(ticket, ticket_facts(candidates[i]), terms, settings_, weights.reasons()).give(i, weights);
  }

 private:
  Settings settings_;
};

}  // namespace

PSABRIDGE_PLUGIN("org.psabridge.dedup.near_ticket", PSABRIDGE_VERSION, "psabridge",
                 "Joins tickets of one alert and what one person sent twice",
                 dedup<NearTicket>(
                     "near_ticket",
                     "Tickets of one alert, or sent twice within minutes, are the same; alike ones are shown",
                     kSettings));
