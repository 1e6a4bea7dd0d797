Feature: Payouts that are not the ordinary case
  A bill is taken back, a reply is lost: what the state refunds must still be right to the cent.
  Latviski: Neparastas izmaksas

  @PAY-09
  Scenario: A bill is taken back and issued anew
    Latviski: Rēķinu atceļ un izraksta no jauna
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 18.20 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer takes back its bill of contract 0012345678 for March 2026
    And the retailer reports its payouts
    And the retailer bills contract 0012345678 for April 2026: 39.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then the retailer has done all that is required of it

  @ERR-02 @CON-08
  Scenario: The reply to a contract document is lost
    Latviski: Pazūd atbilde uz līgumu dokumentu
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the reply to the retailer's next message is lost on the way
    And the retailer reports its contracts
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @ERR-02 @PAY-07
  Scenario: The reply to a payout document is lost
    Latviski: Pazūd atbilde uz izmaksu dokumentu
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the reply to the retailer's next message is lost on the way
    And the retailer reports its payouts
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then the retailer has done all that is required of it

  @PAY-06 @PAY-07
  Scenario: Bills of a month come late, and runs between report nothing twice
    Latviski: Mēneša rēķini kavējas, un apmaiņas starplaikā neko nepaziņo divreiz
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Jānis Kalniņš is of disability group I since 1 January 2026
    When Anna Bērziņa signs contract 711 from 1 March 2026
    And Jānis Kalniņš signs contract 712 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 711 for March 2026: 31.00 EUR net
    And the retailer reports its payouts
    And the retailer reports its payouts
    And time goes on to 27 April 2026
    And the retailer bills contract 712 for March 2026: 32.00 EUR net
    And the retailer reports its payouts
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @PAY-09 @PAY-03
  Scenario: A bill is taken back before anyone was told of it
    Latviski: Rēķinu atceļ, pirms par to paziņots
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer takes back its bill of contract 0012345678 for March 2026
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 60.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it
