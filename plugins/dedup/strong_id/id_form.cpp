#include "dedup/strong_id/id_form.h"

#include <algorithm>

#include "dedup/common/fields.h"
#include "dedup/common/maker.h"

namespace psabridge::dedup {
namespace {

constexpr std::size_t kMostIdBytes = 768;

/// Serial numbers, adapters, UUIDs and legal numbers mean the same in every field; the numbers of another
/// system only in that system's field.
std::string scope_of(const IdField& field) {
  switch (field.kind) {
    case IdKind::serial:
      return "sserial number";
    case IdKind::mac:
      return "mMAC address";
    case IdKind::uuid:
      return "uUUID";
    case IdKind::legal_number:
      return "llegal number";
    case IdKind::alert_id:
    case IdKind::external_id:
    case IdKind::object_id:
      break;
  }
  return static_cast<char>(field.kind) + field.name;
}

std::vector<std::string> ids_in(const sdk::Record& record, const IdField& field) {
  std::vector<std::string> ids;
  for (const std::string& text : field_texts(record, field.name)) {
    std::vector<std::string> more =
        field.kind == IdKind::alert_id ? alert_ids(record, text) : normal_ids(field.kind, text);
    std::ranges::move(more, std::back_inserter(ids));
  }
  return ids;
}

}  // namespace

std::vector<std::string> id_lines(const sdk::Record& record, const std::vector<IdField>& fields) {
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  for (const IdField& field : fields)
    for (const std::string& id : ids_in(record, field)) {
      std::string line = scope_of(field) + '\t' + id;
      if (bytes + line.size() + 1 > kMostIdBytes) continue;
      bytes += line.size() + 1;
      lines.push_back(std::move(line));
    }
  std::ranges::sort(lines);
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

std::string id_form(const sdk::Record& record, const std::vector<std::string>& lines) {
  std::string form;
  if (lines.empty()) return form;
  for (const std::string& line : lines) form.append(line) += '\n';
  const std::string maker = normal_maker(record.text("manufacturer"));
  const std::string model = normal_model(record.text("model"));
  if (!maker.empty() || !model.empty())
    form += (is_virtual_machine(maker, model) ? '?' : '!') + maker + '\t' + model + '\n';
  return form;
}

IdFacts::IdFacts(std::string_view form) {
  while (!form.empty()) {
    const std::size_t end = std::min(form.find('\n'), form.size());
    const std::string_view line = form.substr(0, end);
    const std::size_t tab = line.find('\t');
    if ((line.starts_with('!') || line.starts_with('?')) && tab != std::string_view::npos)
      is_virtual = line.front() == '?', maker = line.substr(1, tab - 1), model = line.substr(tab + 1);
    else if (tab != std::string_view::npos && tab > 1)
      ids.push_back({line});
    form.remove_prefix(std::min(end + 1, form.size()));
  }
}

}  // namespace psabridge::dedup
