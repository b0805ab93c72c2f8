#include "core/app/findings_text.h"

#include <algorithm>
#include <array>

#include "core/base/error.h"

namespace psabridge::app {
namespace {

using doctor::Finding;
using doctor::Health;

/// Word, colour; never the colour alone.
struct Look {
  std::string_view name, mark, colour;
};
constexpr std::array<Look, 4> kLooks{{{"pass", "ok  ", "\033[32m"},
                                      {"warn", "WARN", "\033[33m"},
                                      {"fail", "FAIL", "\033[31m"},
                                      {"skip", "skip", "\033[2m"}}};

const Look& look_of(Health health) { return kLooks[static_cast<std::size_t>(health)]; }

std::string heading(const Finding& finding) {
  return finding.connection.empty() ? "Installation" : "Connection " + finding.connection;
}

std::string mark(Health health, bool coloured) {
  const Look& look = look_of(health);
  const std::string text(look.mark);
  return coloured ? std::string(look.colour) + text + "\033[0m" : text;
}

std::string line(const Finding& finding, bool coloured) {
  std::string text = "  " + mark(finding.health, coloured) + "  " + finding.check;
  if (!finding.subject.empty()) text += " (" + finding.subject + ")";
  text += ": " + finding.fact + "\n";
  if (!finding.fix.empty()) text += "        do: " + finding.fix + "\n";
  if (!finding.code.empty()) text += "        more: psabridge explain " + finding.code + "\n";
  return text;
}

}  // namespace

std::string_view name_of(Health health) noexcept { return look_of(health).name; }

boost::json::array to_json(std::span<const Finding> findings) {
  boost::json::array array;
  for (const Finding& finding : findings)
    array.push_back(boost::json::object{{"connection", finding.connection},
                                        {"check", finding.check},
                                        {"subject", finding.subject},
                                        {"health", name_of(finding.health)},
                                        {"code", finding.code},
                                        {"fact", finding.fact},
                                        {"fix", finding.fix},
                                        {"took_ms", finding.took.count()}});
  return array;
}

std::string to_text(std::span<const Finding> findings, bool coloured) {
  std::string text, last;
  for (const Finding& finding : findings) {
    if (const std::string title = heading(finding); title != last) {
      text += (text.empty() ? "" : "\n") + title + "\n";
      last = title;
    }
    text += line(finding, coloured);
  }
  return text + "\n" + summary(findings) + "\n";
}

std::string summary(std::span<const Finding> findings) {
  const auto number = [&](Health health) {
    return std::to_string(std::ranges::count(findings, health, &Finding::health));
  };
  return number(Health::pass) + " well, " + number(Health::warn) + " to watch, " + number(Health::fail) +
         " failed, " + number(Health::skip) + " could not be found out";
}

int status_of(std::span<const Finding> findings) {
  const auto failed = std::ranges::find(findings, Health::fail, &Finding::health);
  if (failed == findings.end()) return 0;
  const ErrorInfo* const info = find_error(failed->code);
  return info ? exit_status(info->error_class) : 1;
}

}  // namespace psabridge::app
