// Looks along the way to a server one step at a time and tells what it saw, for the doctor. Nothing is asked
// of the server: a probe ends before the first request.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/net/http_client.h"
#include "core/net/routes.h"
#include "core/net/url.h"

namespace psabridge::net {

/// What the name lookup says.
struct NameFacts {
  enum class Outcome { found, not_found, timed_out };
  /// One address, judged as the policy would.
  struct Address {
    std::string number;
    bool permitted = false;  ///< a connection to it may be made
    std::string range = {};  ///< "loopback", "private (RFC 1918)"; empty for one on the internet
  };

  Outcome outcome = Outcome::found;
  std::string sentence = {};  ///< what went wrong and what to do; empty when all is well
  std::vector<Address> addresses = {};
  Milliseconds took{0};
};

/// What the way to the server, or to the proxy and through it, says.
struct ConnectFacts {
  enum class Outcome {
    connected,
    name_not_found,
    address_refused,      ///< by the policy: private without allow_private, or forbidden
    refused,              ///< nothing listens there
    timed_out,            ///< a firewall that drops packets looks like this
    unreachable,          ///< no route, network down
    broken,               ///< closed in the middle of the proxy's answer
    proxy_wants_sign_in,  ///< 407: no user and password given, or wrong ones
    proxy_refused         ///< the proxy does not let this server through
  };

  Outcome outcome = Outcome::connected;
  std::string sentence = {};  ///< what went wrong and what to do; empty when connected
  bool by_proxy = false;      ///< then the first steps are those to the proxy
  std::string address = {};   ///< "10.0.0.5:443" that was connected to; the proxy's when there is one
  Milliseconds took{0};
};

/// What the server says of itself before anybody has to trust it.
struct TlsFacts {
  /// The first reason not to trust the server, in the order in which the client finds them.
  enum class Outcome {
    trusted,
    not_connected,  ///< `connection` says why
    no_tls,         ///< what listens there speaks something else
    too_old,        ///< no TLS 1.2 or newer
    self_signed,
    unknown_authority,
    incomplete_chain,  ///< it sent its own certificate alone, and that one's issuer is not known here
    expired,
    not_yet_valid,
    other_name,  ///< the certificate is for other names
    refused,     ///< the certificate has another fault, see the sentence
    failed       ///< the handshake broke for another reason, see the sentence
  };
  struct Certificate {
    std::string subject = {}, issuer = {};  ///< "CN=acme.halopsa.com,O=..."
    std::vector<std::string> names = {};    ///< hosts and addresses that it is for
    SysMilliseconds not_before = {}, not_after = {};

    /// Whole days until it expires; negative when it has.
    int days_left(SysMilliseconds now) const;
  };

  Outcome outcome = Outcome::trusted;
  std::string sentence = {};  ///< what went wrong and what to do; empty when trusted
  ConnectFacts connection = {};
  std::string protocol = {}, cipher = {};       ///< "TLSv1.3"; of an old server what it offers instead
  std::optional<Certificate> certificate = {};  ///< also of a server that is not trusted
  int chain_length = 0;                         ///< certificates that the server sent
  bool chain_trusted = false;  ///< up to an authority of this machine or of tls.ca_file, and in date
  bool name_fits = false;
  Milliseconds took{0};
};

/// Probes as the client of the same policy would connect: its proxy, authorities, permitted addresses. Each
/// probe takes at most `connect_timeout` of the policy (an old TLS server twice that). What the network says
/// is a fact and not an error; thrown are Error PB1209 for an address that cannot be read, PB1210 for a
/// tls.ca_file that cannot be used, PB1410 when stopped. Thread-safe.
class Probe {
 public:
  /// `clock` outlives the probe. Throws Error PB1214 when `proxy` or `no_proxy` of the policy cannot be used.
  Probe(const HttpPolicy& policy, Clock& clock);

  /// Looks up the host of `url`. Behind a proxy the name may be known to the proxy alone.
  NameFacts name(const std::string& url, const Stop& stop) const;
  /// TCP to the server, or to the proxy; for https through the proxy's tunnel too. A proxy's wish for a
  /// sign-in shows for https only, as plain http asks for none before the first request.
  ConnectFacts connect(const std::string& url, const Stop& stop) const;
  /// connect() and a TLS handshake; nothing is sent after it.
  TlsFacts tls(const std::string& url, const Stop& stop) const;
  /// The origin of the proxy by which `url` is asked; nothing when it is asked directly.
  std::optional<std::string> proxy_for(const std::string& url) const;

 private:
  Patience patience(const Stop& stop) const;
  /// Null when it cannot be reached; `facts` say why.
  std::unique_ptr<Channel> reach(const Url& url, const Patience& patience, ConnectFacts& facts) const;

  const HttpPolicy policy_;
  Clock& clock_;
  const Routes routes_;
};

}  // namespace psabridge::net
