Feature: Contracts as they are in life
  Tenants, second homes, new personal codes, wrong papers, customers who leave: ALDIS can only decide rightly when the retailer
  reports what happened.
  Latviski: Līgumi, kādi tie ir dzīvē

  @CON-06
  Scenario: A tenant gets support through the house owner's contract
    Latviski: Īrnieks saņem atbalstu ar mājas īpašnieka līgumu
    Given it is 2 March 2026
    And Jānis Kalniņš is protected by nothing
    And Ilze Krūmiņa is poor or low-income since 1 January 2026
    When Jānis Kalniņš signs contract 900900 from 1 March 2026
    And Ilze Krūmiņa becomes a sub-user on contract 900900 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 900900 for March 2026: 140.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Ilze Krūmiņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @PAY-01 @PAY-03
  Scenario: Several protected users share one contract and a bill that is too small for all
    Latviski: Vairākiem aizsargātajiem lietotājiem ir viens līgums un rēķins, kas visiem par mazu
    Given it is 2 March 2026
    And Jānis Kalniņš is of disability group I since 1 January 2026
    And Ilze Krūmiņa is poor or low-income since 1 January 2026
    When Jānis Kalniņš signs contract 900900 from 1 March 2026
    And Ilze Krūmiņa becomes a sub-user on contract 900900 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 900900 for March 2026: 31.70 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 900900 for April 2026: 80.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then the retailer has done all that is required of it

  @CON-01 @PAY-06
  Scenario: A person has two contracts and gets support on one
    Latviski: Personai ir divi līgumi, un atbalsts ir vienā
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Anna Bērziņa chose contract 222 for the support
    When Anna Bērziņa signs contract 111 from 1 March 2026
    And Anna Bērziņa signs contract 222 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills for March 2026:
      | contract | EUR net |
      | 111      | 45.00   |
      | 222      | 46.00   |
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @CON-04 @PRI-01
  Scenario: A customer leaves for another retailer on the 1st
    Latviski: Klients 1. datumā pāriet pie cita tirgotāja
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And contract 0012345678 ends on 31 March 2026
    And Anna Bērziņa signs contract 5550 of the other retailer from 1 April 2026
    And the retailer bills contract 0012345678 for March 2026: 33.00 EUR net
    And the retailer reports its payouts
    And the retailer reports its contracts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @CON-05 @PAY-03
  Scenario: A personal code changes and the person stays the same
    Latviski: Mainās personas kods, bet persona paliek tā pati
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And the personal code of Anna Bērziņa changes on 1 April 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 15.00 EUR net
    And the retailer reports its payouts
    And time goes on to 1 April 2026
    And the retailer learns the new personal code of Anna Bērziņa on contract 0012345678
    And the retailer reports its contracts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 24.50 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @ERR-01 @DIT-09
  Scenario: A record is wrong, BVKB says so, and the retailer corrects it
    Latviski: Ierakstā ir kļūda, BVKB par to ziņo, un tirgotājs to izlabo
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Jānis Kalniņš is poor or low-income since 1 January 2026
    And the retailer has noted a wrong personal code for Anna Bērziņa
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And Jānis Kalniņš signs contract 0012345679 from 1 March 2026
    And the retailer reports its contracts
    And the retailer reports its contracts
    And the retailer corrects the personal code of Anna Bērziņa on contract 0012345678
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills for March 2026:
      | contract   | EUR net |
      | 0012345678 | 35.40   |
      | 0012345679 | 61.07   |
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And ALDIS has granted Jānis Kalniņš 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @CAL-01 @CON-01
  Scenario: Three customers sign in the same week
    Latviski: Vienā nedēļā līgumus slēdz trīs klienti
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Jānis Kalniņš is of disability group I since 1 January 2026
    And Ilze Krūmiņa is protected by nothing
    When Anna Bērziņa signs contract 711 from 1 March 2026
    And Jānis Kalniņš signs contract 712 from 1 March 2026
    And Ilze Krūmiņa signs contract 713 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills for March 2026:
      | contract | EUR net |
      | 711      | 31.00   |
      | 712      | 32.00   |
      | 713      | 33.00   |
    And the retailer reports its payouts
    And the retailer reports its contracts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And ALDIS has granted Jānis Kalniņš 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @PAY-10
  Scenario: A person has contracts with two retailers and chose the other one
    Latviski: Personai ir līgumi pie diviem tirgotājiem, un izvēlēts otrs
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Anna Bērziņa chose contract 5551 of the other retailer for the support
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And Anna Bērziņa signs contract 5551 of the other retailer from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @PAY-03 @PRI-01
  Scenario: A person has contracts with two retailers and chose this one
    Latviski: Personai ir līgumi pie diviem tirgotājiem, un izvēlēts šis
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Anna Bērziņa chose contract 0012345678 for the support
    When Anna Bērziņa signs contract 5551 of the other retailer from 1 March 2026
    And Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And the retailer has done all that is required of it

  @CON-01 @PAY-03
  Scenario: A customer comes from another retailer on the 1st
    Latviski: Klients 1. datumā pāriet no cita tirgotāja
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Jānis Kalniņš signs contract 711 from 1 March 2026
    And Anna Bērziņa signs contract 712 from 1 April 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 712 for April 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @CON-15 @PAY-03
  Scenario: A switch to another retailer is withdrawn in time
    Latviski: Pāreja pie cita tirgotāja laikus atsaukta
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And contract 0012345678 ends on 31 March 2026
    And the retailer reports its contracts
    And time goes on to 23 March 2026
    And the end of contract 0012345678 is withdrawn
    And the retailer reports its contracts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @CON-16 @DIS-01
  Scenario: A tenant moves out of the house owner's contract
    Latviski: Īrnieks atstāj mājas īpašnieka līgumu
    Given it is 2 March 2026
    And Jānis Kalniņš is protected by nothing
    And Ilze Krūmiņa is poor or low-income since 1 January 2026
    When Jānis Kalniņš signs contract 900900 from 1 March 2026
    And Ilze Krūmiņa becomes a sub-user on contract 900900 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 900900 for March 2026: 140.00 EUR net
    And the retailer reports its payouts
    And Ilze Krūmiņa is no longer a sub-user on contract 900900 after 31 March 2026
    And time goes on to 1 April 2026
    And the retailer reports its contracts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 900900 for April 2026: 140.00 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Ilze Krūmiņa 0.00 EUR in April 2026
    And the retailer has done all that is required of it

  @CON-14
  Scenario: A customer marries and takes another name
    Latviski: Klients apprecas un maina uzvārdu
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Anna Bērziņa is called Anna Liepiņa from 15 March 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And the retailer learns the new name of Anna Bērziņa on contract 0012345678
    And the retailer reports its contracts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @CON-01 @CON-03
  Scenario: A contract is signed long before it begins
    Latviski: Līgums noslēgts krietni pirms tā sākuma
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 April 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 0.00 EUR in March 2026
    And ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @CON-01 @DIS-02
  Scenario: A contract is signed after the month was decided, and the next month makes it good
    Latviski: Līgums noslēgts pēc mēneša lēmuma, un nākamais mēnesis to izlīdzina
    Given it is 9 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And the retailer bills contract 0012345678 for March 2026: 35.40 EUR net
    And the retailer reports its payouts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills contract 0012345678 for April 2026: 35.40 EUR net
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 40.00 EUR in April 2026
    And the retailer has done all that is required of it

  @CON-01
  Scenario: Access was opened in March, and regular exchange begins in April with all that was signed
    Latviski: Piekļuve atvērta martā, un regulārā apmaiņa sākas aprīlī ar visu noslēgto
    Given it is 12 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Jānis Kalniņš is of disability group I since 1 January 2026
    When Anna Bērziņa signs contract 711 from 1 March 2026
    And time goes on to 25 March 2026
    And Jānis Kalniņš signs contract 712 from 1 April 2026
    And time goes on to 1 April 2026
    And the retailer reports its contracts
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And the retailer bills for April 2026:
      | contract | EUR net |
      | 711      | 31.00   |
      | 712      | 32.00   |
    And the retailer reports its payouts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in April 2026
    And ALDIS has granted Jānis Kalniņš 20.00 EUR in April 2026
    And the retailer has done all that is required of it

  @CON-04 @PAY-06
  Scenario: A contract ends in the middle of the month and its last bill still gets the support
    Latviski: Līgums beidzas mēneša vidū, un pēdējā rēķinā vēl ir atbalsts
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And contract 0012345678 ends on 17 March 2026
    And the retailer bills contract 0012345678 for March 2026: 16.20 EUR net
    And the retailer runs its whole exchange
    And ALDIS decides for April 2026
    And the retailer fetches its discounts
    And time goes on to 22 May 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And ALDIS has granted Anna Bērziņa 0.00 EUR in April 2026
    And the retailer has done all that is required of it

  @ERR-11 @ERR-12 @ERR-13 @ERR-14
  Scenario: Two records are wrong and are mended one after the other
    Latviski: Divos ierakstos ir kļūda, un tos izlabo vienu pēc otra
    Given it is 2 March 2026
    And Anna Bērziņa is poor or low-income since 1 January 2026
    And Jānis Kalniņš is poor or low-income since 1 January 2026
    And the retailer has noted a wrong personal code for Anna Bērziņa
    And the retailer has noted a wrong personal code for Jānis Kalniņš
    When Anna Bērziņa signs contract 0012345678 from 1 March 2026
    And Jānis Kalniņš signs contract 0012345679 from 1 March 2026
    And the retailer reports its contracts
    And the retailer reports its contracts
    And the retailer corrects the personal code of Anna Bērziņa on contract 0012345678
    And the retailer reports its contracts
    And the retailer reports its contracts
    And the retailer corrects the personal code of Jānis Kalniņš on contract 0012345679
    And the retailer reports its contracts
    And ALDIS decides for March 2026
    And the retailer fetches its discounts
    And the retailer bills for March 2026:
      | contract   | EUR net |
      | 0012345678 | 35.40   |
      | 0012345679 | 61.07   |
    And the retailer reports its payouts
    And time goes on to 22 April 2026
    Then ALDIS has granted Anna Bērziņa 20.00 EUR in March 2026
    And ALDIS has granted Jānis Kalniņš 20.00 EUR in March 2026
    And the retailer has done all that is required of it
