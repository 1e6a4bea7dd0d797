Feature: The duties of a client of the data distribution network
  Whatever is in the mailbox: it is listed, read to the end, processed, confirmed and deleted, and nobody polls too often.
  Latviski: Datu izplatīšanas tīkla klienta pienākumi

  @DIT-04
  Scenario: Nothing waits in the mailbox
    Latviski: Pastkastītē nav nekā
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And the retailer fetches its discounts
    And the retailer runs its whole exchange
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @DIT-01 @DIT-02 @DIT-03 @DIT-09
  Scenario: Messages wait almost ninety days and are read in time
    Latviski: Ziņojumi gaida gandrīz deviņdesmit dienas un laikus tiek nolasīti
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And ALDIS decides for April 2026
    And ALDIS decides for May 2026
    And time goes on to 3 June 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for May 2026: 120.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 June 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in May 2026
    And the retailer has done all that is required of it

  @DIT-09 @ERR-01
  Scenario: Error messages wait on a channel on which the retailer only sends
    Latviski: Kļūdu ziņojumi gaida kanālā, kurā tirgotājs tikai sūta
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And the retailer has noted a wrong personal code for Anna Bērziņa
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer runs its whole exchange
    And the retailer corrects the personal code of Anna Bērziņa on contract 0012345678
    And the retailer runs its whole exchange
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 60.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 40.00 EUR in April 2026
    And the retailer has done all that is required of it

  @DIT-01 @PAY-06
  Scenario: A list with three hundred decisions
    Latviski: Saraksts ar trīssimt lēmumiem
    Given it is 2 March 2026
    And 300 more people are poor or low-income since 1 January 2026
    When these people sign contracts from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills each of these people for March 2026: 17.35 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then the retailer has done all that is required of it
