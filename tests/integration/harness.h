// The stage of the integration tests: a Halo sandbox in this process, psabridge as a process of its own
// beside it, and the store file between them, compared with what the sandbox knows to be true.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/process.h"
#include "tests/integration/store_file.h"
#include "tests/sandbox/sandbox.h"

namespace psabridge::integration {

/// One record as the source has it.
struct TruthRow {
  std::string version;  ///< as the store writes versions, to the millisecond
  bool closed = false, inactive = false;
};
/// By source id.
using Truth = std::map<std::string, TruthRow>;

/// Some tens of records of every entity: enough for several pages of tickets and little enough for hundreds
/// of syncs.
sandbox::Shape small_shape();

/// Deliveries of all webhooks so far; the sandbox's README explains the words.
struct WebhookFigures {
  std::int64_t emitted = 0, sent = 0, failed = 0, dropped = 0, pending = 0, held = 0, tries = 0;
};

/// The Halo sandbox, with its control plane in C++ values. A call that the control plane refuses throws.
class Source {
 public:
  Source(const sandbox::Shape& shape, const std::filesystem::path& tls_folder);

  const sandbox::Sandbox& server() const { return server_; }
  Truth truth(const std::string& entity);
  /// Changes rows; returns their ids. The sandbox's README documents the request.
  std::vector<std::int64_t> mutate(const boost::json::object& request);
  /// Moves the sandbox's clock, so that what came before lies outside of the overlap of incremental reads.
  void let_pass(std::int64_t seconds);
  void switch_faults(const boost::json::object& settings);
  void switch_faults_off();
  /// Sets the API application up in another way.
  void change_application(const boost::json::object& settings);
  /// Every access token is refused from now on.
  void revoke_access();
  /// Every refresh token and code, too.
  void revoke_consent();
  /// Every code and token that was ever given out.
  std::vector<std::string> issued();

  WebhookFigures webhook_figures();
  /// Waits until nothing is pending any more; what is held stays so.
  WebhookFigures flush_webhooks();
  /// Sends what the fault webhook_delay held.
  void release_webhooks();
  void pause_webhooks();
  void resume_webhooks();
  /// Settings of the sender: ca_file, retries, retry_pause_seconds, time_limit_ms.
  void set_up_webhooks(const boost::json::object& settings);
  /// State and figures of each webhook.
  std::vector<boost::json::object> webhooks();

  /// Requests to a resource since the last reset; "" counts all.
  std::int64_t requests(const std::string& resource);
  /// Queries of the requests to a resource since the last reset, in order.
  std::vector<std::string> queries(const std::string& resource);
  /// Requests that would change something there, since the last reset.
  std::size_t posts(const std::string& resource);
  /// Requests that were answered with a status from 400 on, since the last reset.
  std::int64_t refusals();
  void reset_ledger();

 private:
  boost::json::object control(std::string_view method, const std::string& path, const std::string& body = {});

  sandbox::Sandbox server_;
};

/// The parts of the configuration that tests vary; YAML.
struct PipelineText {
  std::string entities =
      "{ client: {}, site: {}, contact: {}, agent: {}, team: {}, asset: {}, ticket: { notes: true } }";
  std::string more = {};        ///< further keys of the pipeline, one a line, unindented
  std::string connection = {};  ///< replaces what is said of the connection; empty: the sandbox's own
  std::string top = {};         ///< further sections of the configuration
};

/// psabridge with a configuration, and the store that it fills. Several stages may look at one source.
class Stage {
 public:
  explicit Stage(Source& source, const PipelineText& pipeline = {});

  /// Writes the configuration again.
  void configure(const PipelineText& pipeline);
  /// `psabridge ARGUMENTS --config ...`
  Outcome run(const std::vector<std::string>& arguments, Surroundings surroundings = {}) const;
  Process start(const std::vector<std::string>& arguments, Surroundings surroundings = {}) const;
  /// The same in parts, for whoever keeps the process elsewhere.
  std::vector<std::string> command(const std::vector<std::string>& arguments) const;
  Surroundings with_secret(Surroundings surroundings) const;
  /// `psabridge sync ARGUMENTS`; the test fails when it does not exit with `expected`.
  Outcome sync(const std::vector<std::string>& arguments = {}, int expected = 0) const;

  std::filesystem::path folder() const { return folder_.path(); }
  std::filesystem::path database() const { return folder_ / "psabridge.db"; }
  std::filesystem::path config() const { return folder_ / "psabridge.yaml"; }
  StoreFile store() const { return StoreFile(database()); }
  /// The connection to the sandbox, as YAML with one value exchanged: for tests of wrong settings.
  std::string connection_with(std::string_view key, std::string_view value) const;

  /// What differs between the store and the source's truth, and what of the store breaks its own rules: a
  /// line each, empty when all is well. Entities that the store has no table for are passed over.
  std::string differences() const;
  /// What differs in content from a store that was filled afresh from the same source.
  std::string differences_from_fresh_store() const;

 private:
  Source& source_;
  Folder folder_;
  PipelineText pipeline_;
};

/// A source and one stage, as most tests need them.
struct Scene {
  explicit Scene(const PipelineText& pipeline = {}, const sandbox::Shape& shape = small_shape());

  Folder tls_folder;
  Source source;
  Stage stage;
};

}  // namespace psabridge::integration
