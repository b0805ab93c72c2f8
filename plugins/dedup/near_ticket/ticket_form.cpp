#include "dedup/near_ticket/ticket_form.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "dedup/common/fields.h"
#include "dedup/common/identifiers.h"
#include "dedup/common/mailboxes.h"
#include "dedup/near_ticket/ticket_text.h"
#include "syncers/common/text.h"

namespace psabridge::dedup {
namespace {

constexpr std::size_t kLongestId = 40, kMostAssets = 4, kMostAlertIds = 5, kLongestName = 48, kLines = 17;

/// As it stands in a form: without line breaks, and short.
std::string short_id(std::string_view id) {
  id = syncers::trimmed(id.substr(0, 4 * kLongestId));
  if (id.size() <= kLongestId && id.find_first_of("\n\t") == std::string_view::npos) return std::string(id);
  return "#" + std::to_string(text_hash(id));
}

/// Empty for addresses of nobody: whoever wrote under one, it was not he alone.
std::string requester_email(const sdk::Record& ticket) {
  const std::string email = syncers::normal_email(ticket.text("contact_email"));
  return is_nobodys_mailbox(email) ? std::string() : short_id(email);
}

std::string details_hash(const sdk::Record& ticket) {
  constexpr std::size_t kLongestRead = 4096;
  const std::string details = folded(ticket.text("details"), kLongestRead);
  return details.empty() ? std::string() : std::to_string(text_hash(details));
}

std::string asset_list(const sdk::Record& ticket) {
  std::vector<std::string> assets;
  for (const std::string& asset : field_texts(ticket, "asset_ids")) assets.push_back(short_id(asset));
  if (assets.empty())
    if (const std::string tag = folded(ticket.text("asset_tag"), kLongestId); !tag.empty())
      assets.push_back("tag " + tag);
  std::ranges::sort(assets);
  std::string list;
  for (const std::string& asset : std::span(assets).first(std::min(assets.size(), kMostAssets)))
    list += (list.empty() ? "" : "\t") + asset;
  return list;
}

std::string alert_list(const sdk::Record& ticket, const std::string& field) {
  std::string list;
  std::size_t count = 0;
  for (const std::string& number : field_texts(ticket, field))
    for (const std::string& id : alert_ids(ticket, number))
      if (count++ < kMostAlertIds) list += (list.empty() ? "" : "\t") + id;
  return list;
}

std::vector<std::string_view> parts_of(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(mark), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::optional<int> digits_at(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  if (text.size() < at + count) return std::nullopt;
  const char* const begin = text.data() + at;
  const auto [end, status] = std::from_chars(begin, begin + count, number);
  return status == std::errc() && end == begin + count && number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

// The lines of a form, in the order of TicketFacts.
std::string ticket_form(const sdk::Record& ticket, const TicketFields& fields) {
  const TicketText summary = ticket_text(ticket.text("summary"));
  const std::string_view opened_at = ticket.text("opened_at");
  const std::array<std::string, kLines> lines = {
      std::string(time_of(opened_at) ? opened_at.substr(0, 24) : std::string_view()),
      ticket.boolean("closed").value_or(false) ? "1" : "",
      summary.reply ? "1" : "",
      short_id(ticket.batch().connection()),
      short_id(ticket.text("client_id")),
      normal_client_name(ticket.text("client_name")),
      short_id(ticket.text("contact_id")),
      requester_email(ticket),
      short_id(ticket.text("site_id")),
      short_id(ticket.text("parent_id")),
      short_id(ticket.source_id()),
      short_id(summary.answered),
      summary.words,
      details_hash(ticket),
      folded(ticket.text(fields.alert_class), kLongestName),
      asset_list(ticket),
      alert_list(ticket, fields.alert_id)};
  std::string form;
  for (const std::string& line : lines) form.append(line) += '\n';
  return form;
}

TicketFacts ticket_facts(std::string_view form) {
  std::vector<std::string_view> lines = parts_of(form, '\n');
  lines.resize(kLines);
  return {.opened_at = lines[0],
          .closed = !lines[1].empty(),
          .reply = !lines[2].empty(),
          .connection = lines[3],
          .client_id = lines[4],
          .client_name = lines[5],
          .contact_id = lines[6],
          .contact_email = lines[7],
          .site_id = lines[8],
          .parent_id = lines[9],
          .number = lines[10],
          .answered = lines[11],
          .words = lines[12],
          .details = lines[13],
          .alert_class = lines[14],
          .assets = parts_of(lines[15], '\t'),
          .alert_ids = parts_of(lines[16], '\t')};
}

std::optional<std::chrono::sys_seconds> time_of(std::string_view rfc3339) {
  const auto year = digits_at(rfc3339, 0, 4), month = digits_at(rfc3339, 5, 2),
             day = digits_at(rfc3339, 8, 2);
  const auto hour = digits_at(rfc3339, 11, 2), minute = digits_at(rfc3339, 14, 2),
             second = digits_at(rfc3339, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace psabridge::dedup
