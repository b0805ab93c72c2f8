#include "tests/sandbox/scopes.h"

#include <iterator>
#include <sstream>

namespace sandbox {
namespace {

struct Area {
  std::string_view name;
  std::uint32_t read;
  std::uint32_t edit;
};
constexpr Area kAreas[] = {
    {"tickets", kReadTickets, kEditTickets}, {"customers", kReadCustomers, kEditCustomers},
    {"assets", kReadAssets, kEditAssets},    {"calendar", kReadOther, kEditOther},
    {"crm", kReadOther, kEditOther},         {"timesheets", kReadOther, kEditOther},
    {"contracts", kReadOther, kEditOther},   {"suppliers", kReadOther, kEditOther},
    {"items", kReadOther, kEditOther},       {"projects", kReadOther, kEditOther},
    {"sales", kReadOther, kEditOther},       {"quotes", kReadOther, kEditOther},
    {"sos", kReadOther, kEditOther},         {"pos", kReadOther, kEditOther},
    {"invoices", kReadOther, kEditOther},    {"reporting", kReadOther, kEditOther},
    {"software", kReadOther, kEditOther},    {"softwarelicensing", kReadOther, kEditOther},
    {"kb", kReadOther, kEditOther}};

}  // namespace

std::optional<std::uint32_t> scope_bits(std::string_view name) {
  if (name == "all") return kAll;
  if (name == "all:standard") return kAllStandard;
  if (name == "admin") return kAdmin;
  if (name == "offline_access") return kOffline;
  if (name == "editMine:timesheets") return kEditOther;
  if (name == "access:chat" || name == "access:adpasswordreset") return kReadOther;
  const auto colon = name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view verb = name.substr(0, colon);
  for (const Area& area : kAreas) {
    if (area.name != name.substr(colon + 1)) continue;
    if (verb == "read") return area.read;
    if (verb == "edit") return area.edit;
  }
  return std::nullopt;
}

std::vector<std::string> scope_names(std::string_view text) {
  std::istringstream words{std::string(text)};
  return {std::istream_iterator<std::string>(words), {}};
}

}  // namespace sandbox
