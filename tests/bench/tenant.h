// The source of the bench: the Halo sandbox as a process of its own, so that its work and memory are not
// counted as ours.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/integration/process.h"

namespace psabridge::bench {

struct TenantSize {
  std::int64_t tickets = 0, assets = 0, clients = 0, sites = 0, contacts = 0;
};

class Tenant {
 public:
  /// Starts the sandbox and waits until it listens. Throws std::runtime_error with its words when it does
  /// not.
  Tenant(const std::filesystem::path& program, const TenantSize& size);

  const std::string& url() const { return url_; }
  const std::string& ca_file() const { return ca_file_; }
  const std::string& client_id() const { return client_id_; }
  const std::string& client_secret() const { return client_secret_; }

  /// Requests to a resource ("tickets") since the last reset.
  std::int64_t requests(const std::string& resource) const;
  void reset_ledger() const;
  /// Changes some tickets.
  void change_tickets(std::int64_t count) const;

 private:
  boost::json::object control(const std::string& method, const std::string& path,
                              const std::string& body = {}) const;

  integration::Folder folder_;
  integration::Process process_;
  std::string url_, ca_file_, client_id_, client_secret_;
};

}  // namespace psabridge::bench
