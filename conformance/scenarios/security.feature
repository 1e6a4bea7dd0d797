@security
Feature: Tokens and certificates
  Every call needs a token of the state's token service (STS), and a server whose certificate was checked. Played when [run] security is on.
  Latviski: Pilnvaras un sertifikāti

  @SEC-02 @SEC-03 @SEC-05 @SEC-06 @SEC-07 @SEC-08 @SEC-10
  Scenario: A month with tokens
    Latviski: Mēnesis ar pilnvarām
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @SEC-04
  Scenario: Tokens end between the retailer's runs
    Latviski: Pilnvaras beidzas starp tirgotāja apmaiņas reizēm
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And tokens of the STS hold for 10 seconds
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And the token of the retailer ends
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the token of the retailer ends
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @misbehaviour @SEC-01 @CON-01
  Scenario: While contracts are sent, another server takes DIT's place
    Latviski: Sūtot līgumus, DIT vietā ir cits serveris
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the next connection meets a server with another authority's certificate
    And the retailer reports its contracts
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @misbehaviour @SEC-09 @CON-01
  Scenario Outline: While contracts are sent, the token <flaw>
    Latviski: Sūtot līgumus, pilnvara <kļūda>
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And tokens of the STS hold for 10 seconds
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the next token of the STS <flaw>
    And the retailer reports its contracts
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | flaw                                          | kļūda                                 |
      | has ended already                             | jau ir beigusies                      |
      | is signed by somebody whom DIT does not trust | ir parakstīta ar atslēgu, kurai DIT neuzticas |

  @misbehaviour @SEC-01 @DIT-09
  Scenario: While discounts are fetched, another server takes DIT's place
    Latviski: Saņemot atlaides, DIT vietā ir cits serveris
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the next connection meets a server with another authority's certificate
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @misbehaviour @SEC-09 @DIT-09
  Scenario Outline: While discounts are fetched, the token <flaw>
    Latviski: Saņemot atlaides, pilnvara <kļūda>
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And tokens of the STS hold for 10 seconds
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the token of the retailer ends
    And the next token of the STS <flaw>
    And the retailer fetches its discounts
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | flaw                                          | kļūda                                 |
      | has ended already                             | jau ir beigusies                      |
      | is signed by somebody whom DIT does not trust | ir parakstīta ar atslēgu, kurai DIT neuzticas |

  @misbehaviour @SEC-01 @PAY-06
  Scenario: While payouts are sent, another server takes DIT's place
    Latviski: Sūtot izmaksas, DIT vietā ir cits serveris
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the next connection meets a server with another authority's certificate
    And the retailer reports its payouts
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @misbehaviour @SEC-09 @PAY-06
  Scenario Outline: While payouts are sent, the token <flaw>
    Latviski: Sūtot izmaksas, pilnvara <kļūda>
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And tokens of the STS hold for 10 seconds
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the token of the retailer ends
    And the next token of the STS <flaw>
    And the retailer reports its payouts
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

    Examples:
      | flaw                                          | kļūda                                 |
      | has ended already                             | jau ir beigusies                      |
      | is signed by somebody whom DIT does not trust | ir parakstīta ar atslēgu, kurai DIT neuzticas |
