#include "core/net/tls_inspection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <ctime>

#include "core/net/openssl_owner.h"
#include "core/net/resolver.h"
#include "core/net/tls.h"

namespace psabridge::net {
namespace {

using Outcome = TlsFacts::Outcome;

using Session = Owned<SSL, SSL_free>;
using Certificate = Owned<X509, X509_free>;
using Memory = Owned<BIO, BIO_free>;

/// Notes the first problem of the chain in the int that the session carries, and goes on all the same.
int note_problem(int trusted, X509_STORE_CTX* chain) {
  const auto* session =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& first = *static_cast<int*>(SSL_get_app_data(session));
  if (!trusted && first == X509_V_OK) first = X509_STORE_CTX_get_error(chain);
  return 1;
}

Session make_session(const Channel& channel, const Url& url, SSL_CTX* context, TlsVersions versions,
                     int& problem) {
  Session session(SSL_new(context));
  SSL_set_fd(session.get(), channel.descriptor());
  SSL_set_app_data(session.get(), &problem);
  SSL_set_verify(session.get(), SSL_VERIFY_PEER, note_problem);
  if (!needs_no_lookup(url) || url.host == "localhost")
    SSL_set_tlsext_host_name(session.get(), url.host.c_str());
  if (versions == TlsVersions::old) {
    SSL_clear_options(session.get(), SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1);
    SSL_set_min_proto_version(session.get(), TLS1_VERSION);
    SSL_set_max_proto_version(session.get(), TLS1_1_VERSION);
    SSL_set_cipher_list(session.get(), "ALL:@SECLEVEL=0");
  }
  return session;
}

/// The handshake's own failure in OpenSSL's words; empty when it was completed.
std::string shake_hands(SSL* session, const Channel& channel, const Patience& patience) {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(session);
    if (result == 1) return {};
    switch (SSL_get_error(session, result)) {
      case SSL_ERROR_WANT_READ:
        channel.wait(POLLIN, "making the TLS handshake with", patience);
        break;
      case SSL_ERROR_WANT_WRITE:
        channel.wait(POLLOUT, "making the TLS handshake with", patience);
        break;
      case SSL_ERROR_SSL: {
        const char* reason = ERR_reason_error_string(ERR_peek_last_error());
        return reason ? reason : "no reason given";
      }
      default:
        return "unexpected eof";
    }
  }
}

std::string text_of(X509_NAME* name) {
  const Memory memory(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

SysMilliseconds time_of(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

TlsFacts::Certificate read_certificate(const X509* certificate) {
  return {.subject = text_of(X509_get_subject_name(certificate)),
          .issuer = text_of(X509_get_issuer_name(certificate)),
          .names = names_of(certificate),
          .not_before = time_of(X509_get0_notBefore(certificate)),
          .not_after = time_of(X509_get0_notAfter(certificate))};
}

bool is_for(X509* certificate, const std::string& host) {
  return X509_check_ip_asc(certificate, host.c_str(), 0) == 1 ||
         X509_check_host(certificate, host.c_str(), host.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                         nullptr) == 1;
}

Outcome outcome_of(int problem, int chain_length) {
  switch (problem) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Outcome::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Outcome::not_yet_valid;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return Outcome::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return Outcome::unknown_authority;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return chain_length == 1 ? Outcome::incomplete_chain : Outcome::unknown_authority;
    default:
      return Outcome::refused;
  }
}

void conclude(TlsFacts& facts, Outcome outcome, const Url& url, const std::string& sentence) {
  facts.outcome = outcome;
  facts.sentence = url.origin() + " is not trusted: " + sentence + ".";
}

void conclude_failure(TlsFacts& facts, const Url& url, const std::string& reason) {
  using Kind = HandshakeProblem::Kind;
  const auto problem = explain_handshake(reason);
  const auto outcome = problem.kind == Kind::too_old  ? Outcome::too_old
                       : problem.kind == Kind::no_tls ? Outcome::no_tls
                                                      : Outcome::failed;
  conclude(facts, outcome, url, problem.sentence);
}

}  // namespace

void inspect_tls(const Channel& channel, const Url& url, const Poco::Net::Context::Ptr& context,
                 TlsVersions versions, const Patience& patience, TlsFacts& facts) {
  int problem = X509_V_OK;
  const auto session = make_session(channel, url, context->sslContext(), versions, problem);
  if (const auto failure = shake_hands(session.get(), channel, patience); !failure.empty())
    return conclude_failure(facts, url, failure);
  facts.protocol = SSL_get_version(session.get());
  facts.cipher = SSL_get_cipher_name(session.get());
  const Certificate certificate(SSL_get1_peer_certificate(session.get()));
  if (!certificate) return conclude(facts, Outcome::refused, url, "it showed no certificate");
  facts.certificate = read_certificate(certificate.get());
  facts.chain_length = sk_X509_num(SSL_get_peer_cert_chain(session.get()));
  facts.chain_trusted = problem == X509_V_OK;
  facts.name_fits = is_for(certificate.get(), url.host);
  if (!facts.chain_trusted)
    conclude(facts, outcome_of(problem, facts.chain_length), url, explain_trust(problem));
  else if (!facts.name_fits)
    conclude(facts, Outcome::other_name, url, explain_names(facts.certificate->names, url.host));
}

}  // namespace psabridge::net
