// What the tests of this folder share: a host that answers from memory, folders of their own, small batches.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/model/batch.h"
#include "core/plugin/roles.h"

namespace psabridge::test {

/// A plugin of this folder, as it was built.
std::filesystem::path built(const std::string& name);

/// A folder that only this test writes to; gone with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  /// A copy of a built plugin.
  std::filesystem::path copy(const std::string& plugin, const std::string& as) const;
  std::filesystem::path write(const std::string& name, const std::string& bytes) const;

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& file);

class TestHost : public plugin::HostServices {
 public:
  HttpResponse http(const HttpRequest& request, const std::function<bool()>& stop) override;
  std::int64_t now_ms() override { return 42; }
  std::string secret(std::string_view reference) override {
    return "the secret of " + std::string(reference);
  }
  std::string token(std::string_view sign_in, std::string_view refused,
                    const std::function<bool()>& stop) override;
  std::string state_get(std::string_view key) override { return state[std::string(key)]; }
  void state_put(std::string_view key, std::string_view value) override { state[std::string(key)] = value; }
  void log(std::uint32_t level, std::string_view tag, std::string_view text) override;

  std::optional<Error> http_error;   ///< thrown by http()
  std::optional<Error> token_error;  ///< thrown by token()
  std::vector<std::string> requests, lines;
  std::map<std::string, std::string> state;
};

/// The schema of the probe's syncer: summary (text), hours (integer).
const EntitySchema& ticket_schema();

/// Tickets "1", "2", ... with these summaries; an empty summary is null. hours is the ticket's number.
Batch tickets(const std::vector<std::string>& summaries);

/// What a rule may ask, with an answer to everything.
struct Situation final : plugin::RoutingContext {
  std::span<const psabridge_link> links() const override { return plain_links; }
  std::span<const psabridge_team> teams() const override { return plain_teams; }
  Linked linked_team(std::size_t ticket) override {
    asked.push_back("linked " + std::to_string(ticket));
    return {"cloud", "by link 7"};
  }
  Present present_team(std::size_t ticket) override {
    asked.push_back("present " + std::to_string(ticket));
    return {"field", true};
  }
  std::string_view kin_team(std::size_t ticket, std::string_view field) override {
    asked.push_back("kin " + std::to_string(ticket) + " " + std::string(field));
    return "noc";
  }
  bool at_work(std::size_t ticket, std::string_view team) override {
    asked.push_back("at work " + std::to_string(ticket) + " " + std::string(team));
    return team == "noc";
  }

  const std::vector<psabridge_link> plain_links{{borrow("mail"), borrow("cloud")},
                                                {borrow("printer"), borrow("field")}};
  const std::vector<psabridge_team> plain_teams{{borrow("noc"), borrow("desk"), 1, 0, 3, 9}};
  std::vector<std::string> asked;
};

using Routed = std::map<std::size_t, std::string>;

/// "team by reason" of the tickets that the rule decides, of `which`.
inline Routed decide(plugin::RoutingRule& rule, const Batch& batch, const std::vector<std::size_t>& which,
                     const plugin::Stop& stop = {}) {
  Situation situation;
  Routed routed;
  rule.decide(
      batch, which, situation,
      [&](std::size_t ticket, std::string_view team, std::string_view reason) {
        routed[ticket] = std::string(team) + " " + std::string(reason);
      },
      stop);
  return routed;
}

}  // namespace psabridge::test
